import type { EditorAction } from '../../../shared/protocol/editor';

/** What an action does and its default key, as the tooltips and the cheat sheet say it. */
export interface ActionHelp {
  readonly key: string;
  readonly does: string;
  readonly group:
    | 'Segment'
    | 'Draw'
    | 'Correct'
    | 'Range'
    | 'Review'
    | 'Conflicts'
    | 'Frames'
    | 'Play'
    | 'Propagate'
    | 'Objects'
    | 'View';
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
  propagate: { key: 'P', does: 'Forward', group: 'Propagate' },
  propagateBackward: { key: 'Shift+P', does: 'Backward', group: 'Propagate' },
  propagateBoth: { key: 'B', does: 'Both ways', group: 'Propagate' },
  rangeStart: { key: 'I', does: 'Range from here', group: 'Propagate' },
  rangeEnd: { key: 'O', does: 'Range to here', group: 'Propagate' },
  rangeClear: { key: 'X', does: 'Whole clip again', group: 'Propagate' },
  nextFrame: { key: 'Right', does: 'Next frame', group: 'Frames' },
  previousFrame: { key: 'Left', does: 'Previous frame', group: 'Frames' },
  forwardTenFrames: { key: 'Shift+Right', does: 'Ten frames forward', group: 'Frames' },
  backTenFrames: { key: 'Shift+Left', does: 'Ten frames back', group: 'Frames' },
  firstFrame: { key: 'Home', does: 'First frame', group: 'Frames' },
  lastFrame: { key: 'End', does: 'Last frame', group: 'Frames' },
  verifyFrame: { key: 'V', does: 'Verify the frame’s mask', group: 'Segment' },
  clearPrompts: { key: 'Delete', does: 'Clear the prompts here', group: 'Segment' },
  addObject: { key: 'N', does: 'New object', group: 'Objects' },
  renameObject: { key: 'F2', does: 'Rename', group: 'Objects' },
  toggleHidden: { key: 'H', does: 'Hide or show', group: 'Objects' },
  moveObjectUp: { key: 'Alt+Up', does: 'Move up in the list', group: 'Objects' },
  moveObjectDown: { key: 'Alt+Down', does: 'Move down in the list', group: 'Objects' },
  duplicateObject: { key: 'Shift+D', does: 'Duplicate', group: 'Objects' },
  splitObject: { key: 'Shift+C', does: 'Split: a new object from this frame on', group: 'Objects' },
  fit: { key: 'F', does: 'Fit the picture', group: 'View' },
  zoomIn: { key: '=', does: 'Zoom in', group: 'View' },
  zoomOut: { key: '-', does: 'Zoom out', group: 'View' },
  rotateView: { key: 'U', does: 'Rotate the view', group: 'View' },
  brighter: { key: 'Shift+B', does: 'Brighter picture', group: 'View' },
  darker: { key: 'Shift+N', does: 'Darker picture', group: 'View' },
  moreContrast: { key: 'Shift+U', does: 'More contrast', group: 'View' },
  lessContrast: { key: 'Shift+Y', does: 'Less contrast', group: 'View' },
  resetPicture: { key: 'Shift+Q', does: 'Picture as it is', group: 'View' },
  compareFrame: { key: 'Y', does: 'The frame before, while held', group: 'View' },
  help: { key: '?', does: 'This list', group: 'View' },
  playPause: { key: 'Space', does: 'Play or pause', group: 'Play' },
  playForward: { key: 'L', does: 'Play forward; again: faster', group: 'Play' },
  playBackward: { key: 'J', does: 'Play backward; again: faster', group: 'Play' },
  pausePlayback: { key: 'K', does: 'Pause', group: 'Play' },
  toggleLoop: { key: 'Shift+L', does: 'Loop', group: 'Play' },
  editAsPolygon: { key: 'Shift+E', does: 'Edit the mask as a polygon', group: 'Draw' },
  propagateToKeyframe: {
    key: 'Alt+P',
    does: 'To the next keyframe, the selected object',
    group: 'Propagate',
  },
  propagateStale: { key: 'Alt+O', does: 'The stale span, the selected object', group: 'Propagate' },
  verifyAndNext: { key: 'Alt+Z', does: 'Verify, and on to the next suspicious frame', group: 'Review' },
  nextConflict: { key: 'F4', does: 'Next conflict', group: 'Conflicts' },
  previousConflict: { key: 'Shift+F4', does: 'Previous conflict', group: 'Conflicts' },
  keepMine: { key: 'Shift+K', does: 'Keep mine', group: 'Conflicts' },
  takeTheirs: { key: 'Shift+A', does: 'Take theirs', group: 'Conflicts' },
  keepAllMine: { key: 'Shift+Alt+K', does: 'Keep mine everywhere', group: 'Conflicts' },
  takeAllTheirs: { key: 'Shift+Alt+A', does: 'Take theirs everywhere', group: 'Conflicts' },
  simplifyPolygon: { key: 'Shift+W', does: 'Simplify the polygon', group: 'Draw' },
};

/** For a tooltip, for example “Brush (D)”. */
export function titleOf(action: EditorAction): string {
  const { key, does } = ACTION_HELP[action];
  return `${does} (${key})`;
}
