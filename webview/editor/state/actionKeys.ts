import type { EditorAction } from '../../protocol';

/** What an action does and its default key, as the tooltips and the cheat sheet say it. */
export interface ActionHelp {
  readonly key: string;
  readonly does: string;
  readonly group: 'Draw' | 'Correct' | 'Range' | 'Review' | 'View';
}

/**
 * The default keys are those of the manifest's key bindings, where users may change them; a test keeps both the same.
 */
export const ACTION_HELP: Readonly<Record<EditorAction, ActionHelp>> = {
  selectTool: { key: 'S', does: 'Click and box', group: 'Draw' },
  brushTool: { key: 'D', does: 'Brush (Alt: erase)', group: 'Draw' },
  eraserTool: { key: 'E', does: 'Eraser', group: 'Draw' },
  polygonTool: { key: 'G', does: 'Polygon', group: 'Draw' },
  lassoTool: { key: 'W', does: 'Lasso (Alt: cut)', group: 'Draw' },
  smallerBrush: { key: '[', does: 'Smaller brush', group: 'Draw' },
  largerBrush: { key: ']', does: 'Larger brush', group: 'Draw' },
  fillHoles: { key: 'Shift+F', does: 'Fill holes', group: 'Correct' },
  removeSpecks: { key: 'Shift+R', does: 'Remove specks', group: 'Correct' },
  growMask: { key: 'Shift+G', does: 'Grow the mask', group: 'Correct' },
  shrinkMask: { key: 'Shift+S', does: 'Shrink the mask', group: 'Correct' },
  copyToNextFrame: { key: 'C', does: 'Copy the mask to the next frame', group: 'Correct' },
  interpolate: { key: 'Shift+I', does: 'Interpolate between keyframes', group: 'Correct' },
  nextCandidate: { key: 'T', does: 'Next of the model’s three candidates', group: 'Correct' },
  markAbsent: { key: 'A', does: 'Mark absent', group: 'Range' },
  markOccluded: { key: 'Shift+O', does: 'Mark occluded', group: 'Range' },
  markTruncated: { key: 'Shift+T', does: 'Mark truncated', group: 'Range' },
  markOutOfView: { key: 'Shift+X', does: 'Mark out of view', group: 'Range' },
  deleteMasks: { key: 'Shift+Delete', does: 'Delete masks', group: 'Range' },
  verifyRange: { key: 'Shift+V', does: 'Verify', group: 'Range' },
  repropagateRange: { key: 'R', does: 'Propagate again', group: 'Range' },
  nextKeyframe: { key: '.', does: 'Next keyframe', group: 'Review' },
  previousKeyframe: { key: ',', does: 'Previous keyframe', group: 'Review' },
  nextSuspicious: { key: 'Z', does: 'Next suspicious frame', group: 'Review' },
  toggleOutline: { key: 'Q', does: 'Outlines only', group: 'View' },
  toggleSolo: { key: 'Shift+H', does: 'Only the selected object', group: 'View' },
  strongerOverlay: { key: 'M', does: 'Stronger masks', group: 'View' },
  weakerOverlay: { key: 'Shift+M', does: 'Fainter masks', group: 'View' },
  previousSuspicious: { key: 'Shift+Z', does: 'Previous suspicious frame', group: 'Review' },
};

/** For a tooltip, for example “Brush (D)”. */
export function titleOf(action: EditorAction): string {
  const { key, does } = ACTION_HELP[action];
  return `${does} (${key})`;
}
