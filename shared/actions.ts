/**
 * Every action of the video editor, a row each. The commands, menus and key bindings of package.json are written from this
 * table by `npm run manifest`; the palette's commands, the page's buttons and the cheat sheet read it directly.
 */

/** What must hold for an action to be offered; each is a `when` clause of VS Code, see `WHEN`. */
export type ActionNeed =
  'editor' | 'writable' | 'object' | 'propagation' | 'running' | 'conflict' | 'decision';

/** A heading of the cheat sheet. */
export type ActionGroup =
  | 'Segment'
  | 'Draw'
  | 'Correct'
  | 'Range'
  | 'Propagate'
  | 'Review'
  | 'Conflicts'
  | 'Frames'
  | 'Play'
  | 'Objects'
  | 'View';

/** Parts of the editor's page with a context menu of their own. */
export type MenuSection = 'canvas' | 'object' | 'timeline';

export interface CommandRow {
  /** In the palette and in menus. */
  readonly title: string;
  /** Default keys, as package.json writes them; the first is the one that tooltips name. */
  readonly keys?: readonly string[];
  readonly needs: ActionNeed;
  /** Its keys work while a text box has the focus, too. */
  readonly anywhere?: true;
  /** Place in the context menus: `group@order`. */
  readonly menus?: Partial<Readonly<Record<MenuSection, string>>>;
}

export interface ActionRow extends CommandRow {
  /** In tooltips and in the cheat sheet, under its group's heading. */
  readonly does: string;
  readonly group: ActionGroup;
  readonly keys: readonly [string, ...string[]];
}

/** The actions that the page carries out, on exactly what it shows: command `masklet.<id>`. */
export const EDITOR_ACTIONS = {
  // Segment
  verifyFrame: {
    title: 'Verify Frame',
    does: 'Verify this frame’s mask',
    group: 'Segment',
    keys: ['v'],
    needs: 'object',
    menus: { canvas: '3_frame@1' },
  },
  markGold: {
    title: 'Mark Frame as Gold',
    does: 'Mark this frame’s mask as gold, or unmark it',
    group: 'Segment',
    keys: ['alt+v'],
    needs: 'object',
    menus: { canvas: '3_frame@3' },
  },
  proposeObjects: {
    title: 'Propose Objects',
    does: 'Propose objects on this frame',
    group: 'Segment',
    keys: ['alt+n'],
    needs: 'writable',
    menus: { canvas: '3_frame@6' },
  },
  keyPointer: {
    title: 'Place Points with the Keyboard',
    does: 'Place points and boxes by keys',
    group: 'Segment',
    keys: ['alt+m'],
    needs: 'writable',
  },
  clearPrompts: {
    title: 'Clear Prompts on This Frame',
    does: 'Clear the prompts on this frame',
    group: 'Segment',
    keys: ['delete', 'backspace'],
    needs: 'object',
    menus: { canvas: '3_frame@2' },
  },

  // Draw
  selectTool: {
    title: 'Click and Box Tool',
    does: 'Click and box',
    group: 'Draw',
    keys: ['s'],
    needs: 'editor',
    menus: { canvas: '1_tool@1' },
  },
  brushTool: {
    title: 'Brush',
    does: 'Brush (Alt: erase)',
    group: 'Draw',
    keys: ['d'],
    needs: 'writable',
    menus: { canvas: '1_tool@2' },
  },
  eraserTool: {
    title: 'Eraser',
    does: 'Eraser',
    group: 'Draw',
    keys: ['e'],
    needs: 'writable',
    menus: { canvas: '1_tool@3' },
  },
  polygonTool: {
    title: 'Polygon',
    does: 'Polygon',
    group: 'Draw',
    keys: ['g'],
    needs: 'writable',
    menus: { canvas: '1_tool@4' },
  },
  lassoTool: {
    title: 'Lasso',
    does: 'Lasso (Alt: cut)',
    group: 'Draw',
    keys: ['w'],
    needs: 'writable',
    menus: { canvas: '1_tool@5' },
  },
  toggleLocalOnly: {
    title: 'Edit This Frame Only',
    does: 'Edit this frame only (Shift, while drawing)',
    group: 'Draw',
    keys: ['alt+l'],
    needs: 'writable',
    menus: { canvas: '1_tool@6' },
  },
  smallerBrush: {
    title: 'Smaller Brush',
    does: 'Smaller brush',
    group: 'Draw',
    keys: ['['],
    needs: 'editor',
  },
  largerBrush: { title: 'Larger Brush', does: 'Larger brush', group: 'Draw', keys: [']'], needs: 'editor' },
  editAsPolygon: {
    title: 'Edit Mask as Polygon',
    does: 'Edit the mask as a polygon',
    group: 'Draw',
    keys: ['shift+e'],
    needs: 'object',
    menus: { canvas: '2_mask@1' },
  },
  simplifyPolygon: {
    title: 'Simplify Polygon',
    does: 'Simplify the polygon',
    group: 'Draw',
    keys: ['shift+w'],
    needs: 'writable',
  },

  // Correct
  fillHoles: {
    title: 'Fill Holes',
    does: 'Fill holes',
    group: 'Correct',
    keys: ['shift+f'],
    needs: 'object',
    menus: { canvas: '2_mask@2' },
  },
  removeSpecks: {
    title: 'Remove Specks',
    does: 'Remove specks',
    group: 'Correct',
    keys: ['shift+r'],
    needs: 'object',
    menus: { canvas: '2_mask@3' },
  },
  growMask: {
    title: 'Grow Mask',
    does: 'Grow the mask',
    group: 'Correct',
    keys: ['shift+g'],
    needs: 'object',
    menus: { canvas: '2_mask@4' },
  },
  shrinkMask: {
    title: 'Shrink Mask',
    does: 'Shrink the mask',
    group: 'Correct',
    keys: ['shift+s'],
    needs: 'object',
    menus: { canvas: '2_mask@5' },
  },
  copyToNextFrame: {
    title: 'Copy Mask to Next Frame',
    does: 'Copy the mask to the next frame',
    group: 'Correct',
    keys: ['c'],
    needs: 'object',
    menus: { canvas: '2_mask@6' },
  },
  interpolate: {
    title: 'Interpolate Between Keyframes',
    does: 'Interpolate between keyframes',
    group: 'Correct',
    keys: ['shift+i'],
    needs: 'object',
    menus: { timeline: '2_mask@3' },
  },
  keepToFrame: {
    title: 'Keep Mask to This Frame',
    does: 'Keep the mask to this frame, or let others follow',
    group: 'Correct',
    keys: ['shift+alt+l'],
    needs: 'object',
    menus: { canvas: '2_mask@8' },
  },
  nextCandidate: {
    title: 'Next Mask Candidate',
    does: 'Next of the model’s three candidates',
    group: 'Correct',
    keys: ['t'],
    needs: 'object',
    menus: { canvas: '2_mask@7' },
  },

  // Range
  markAbsent: {
    title: 'Mark Absent',
    does: 'Mark absent',
    group: 'Range',
    keys: ['a'],
    needs: 'object',
    menus: { canvas: '3_frame@3', timeline: '3_mark@1' },
  },
  markOccluded: {
    title: 'Mark Occluded',
    does: 'Mark occluded',
    group: 'Range',
    keys: ['shift+o'],
    needs: 'object',
    menus: { canvas: '3_frame@4', timeline: '3_mark@2' },
  },
  markTruncated: {
    title: 'Mark Truncated',
    does: 'Mark truncated',
    group: 'Range',
    keys: ['shift+t'],
    needs: 'object',
    menus: { timeline: '3_mark@3' },
  },
  markOutOfView: {
    title: 'Mark Out of View',
    does: 'Mark out of view',
    group: 'Range',
    keys: ['shift+x'],
    needs: 'object',
    menus: { timeline: '3_mark@4' },
  },
  deleteMasks: {
    title: 'Delete Masks in Range',
    does: 'Delete masks',
    group: 'Range',
    keys: ['shift+delete'],
    needs: 'object',
    menus: { timeline: '2_mask@4' },
  },
  verifyRange: {
    title: 'Verify Range',
    does: 'Verify',
    group: 'Range',
    keys: ['shift+v'],
    needs: 'object',
    menus: { timeline: '2_mask@2' },
  },
  repropagateRange: {
    title: 'Propagate Range Again',
    does: 'Propagate again',
    group: 'Range',
    keys: ['r'],
    needs: 'object',
    menus: { timeline: '2_mask@1' },
  },
  repropagateRangeAtBest: {
    title: 'Propagate Range Again at Best',
    does: 'Propagate again at best quality',
    group: 'Range',
    keys: ['shift+alt+r'],
    needs: 'object',
  },

  // Propagate
  propagate: { title: 'Propagate', does: 'Forward', group: 'Propagate', keys: ['p'], needs: 'propagation' },
  propagateBackward: {
    title: 'Propagate Backward',
    does: 'Backward',
    group: 'Propagate',
    keys: ['shift+p'],
    needs: 'propagation',
  },
  propagateBoth: {
    title: 'Propagate Both',
    does: 'Both ways',
    group: 'Propagate',
    keys: ['b', 'ctrl+enter'],
    needs: 'propagation',
  },
  rangeStart: {
    title: 'Start Range at This Frame',
    does: 'Start the range here',
    group: 'Propagate',
    keys: ['i'],
    needs: 'editor',
    menus: { timeline: '1_range@1' },
  },
  rangeEnd: {
    title: 'End Range at This Frame',
    does: 'End the range here',
    group: 'Propagate',
    keys: ['o'],
    needs: 'editor',
    menus: { timeline: '1_range@2' },
  },
  rangeClear: {
    title: 'Clear Range',
    does: 'Clear the range',
    group: 'Propagate',
    keys: ['x'],
    needs: 'editor',
    menus: { timeline: '1_range@3' },
  },
  propagateToKeyframe: {
    title: 'Propagate to the Next Keyframe',
    does: 'To the next keyframe (selected object)',
    group: 'Propagate',
    keys: ['alt+p'],
    needs: 'propagation',
  },
  propagateStale: {
    title: 'Propagate the Stale Span',
    does: 'The stale span (selected object)',
    group: 'Propagate',
    keys: ['alt+o'],
    needs: 'propagation',
  },

  // Review
  nextKeyframe: {
    title: 'Next Keyframe',
    does: 'Next keyframe',
    group: 'Review',
    keys: ['.'],
    needs: 'editor',
  },
  previousKeyframe: {
    title: 'Previous Keyframe',
    does: 'Previous keyframe',
    group: 'Review',
    keys: [','],
    needs: 'editor',
  },
  nextSuspicious: {
    title: 'Next Suspicious Frame',
    does: 'Next suspicious frame',
    group: 'Review',
    keys: ['z'],
    needs: 'editor',
  },
  previousSuspicious: {
    title: 'Previous Suspicious Frame',
    does: 'Previous suspicious frame',
    group: 'Review',
    keys: ['shift+z'],
    needs: 'editor',
  },
  verifyAndNext: {
    title: 'Verify and Go to Next Suspicious Frame',
    does: 'Verify, then next suspicious frame',
    group: 'Review',
    keys: ['alt+z'],
    needs: 'object',
  },

  // Conflicts
  nextConflict: {
    title: 'Next Conflict',
    does: 'Next conflict',
    group: 'Conflicts',
    keys: ['f4'],
    needs: 'conflict',
  },
  previousConflict: {
    title: 'Previous Conflict',
    does: 'Previous conflict',
    group: 'Conflicts',
    keys: ['shift+f4'],
    needs: 'conflict',
  },
  keepMine: {
    title: 'Conflict: Keep Mine',
    does: 'Keep mine',
    group: 'Conflicts',
    keys: ['shift+k'],
    needs: 'decision',
  },
  takeTheirs: {
    title: 'Conflict: Take Theirs',
    does: 'Take theirs',
    group: 'Conflicts',
    keys: ['shift+a'],
    needs: 'decision',
  },
  keepAllMine: {
    title: 'Conflicts: Keep All Mine',
    does: 'Keep mine everywhere',
    group: 'Conflicts',
    keys: ['shift+alt+k'],
    needs: 'decision',
  },
  takeAllTheirs: {
    title: 'Conflicts: Take All Theirs',
    does: 'Take theirs everywhere',
    group: 'Conflicts',
    keys: ['shift+alt+a'],
    needs: 'decision',
  },

  // Frames
  nextFrame: { title: 'Next Frame', does: 'Next frame', group: 'Frames', keys: ['right'], needs: 'editor' },
  previousFrame: {
    title: 'Previous Frame',
    does: 'Previous frame',
    group: 'Frames',
    keys: ['left'],
    needs: 'editor',
  },
  forwardTenFrames: {
    title: 'Go Forward Ten Frames',
    does: 'Ten frames forward',
    group: 'Frames',
    keys: ['shift+right'],
    needs: 'editor',
  },
  backTenFrames: {
    title: 'Go Back Ten Frames',
    does: 'Ten frames back',
    group: 'Frames',
    keys: ['shift+left'],
    needs: 'editor',
  },
  firstFrame: { title: 'First Frame', does: 'First frame', group: 'Frames', keys: ['home'], needs: 'editor' },
  lastFrame: { title: 'Last Frame', does: 'Last frame', group: 'Frames', keys: ['end'], needs: 'editor' },

  // Play
  playPause: {
    title: 'Play or Pause',
    does: 'Play or pause',
    group: 'Play',
    keys: ['space'],
    needs: 'editor',
    menus: { timeline: '5_play@1' },
  },
  playForward: {
    title: 'Play Forward',
    does: 'Play forward; again: faster',
    group: 'Play',
    keys: ['l'],
    needs: 'editor',
  },
  playBackward: {
    title: 'Play Backward',
    does: 'Play backward; again: faster',
    group: 'Play',
    keys: ['j'],
    needs: 'editor',
  },
  pausePlayback: { title: 'Pause', does: 'Pause', group: 'Play', keys: ['k'], needs: 'editor' },
  toggleLoop: {
    title: 'Loop the Range',
    does: 'Loop',
    group: 'Play',
    keys: ['shift+l'],
    needs: 'editor',
    menus: { timeline: '5_play@2' },
  },

  // Objects
  addObject: { title: 'Add Object', does: 'New object', group: 'Objects', keys: ['n'], needs: 'writable' },
  renameObject: {
    title: 'Rename Object',
    does: 'Rename',
    group: 'Objects',
    keys: ['f2'],
    needs: 'object',
    menus: { object: '1_object@1' },
  },
  toggleHidden: {
    title: 'Hide or Show Object',
    does: 'Hide or show',
    group: 'Objects',
    keys: ['h'],
    needs: 'editor',
    menus: { object: '3_view@1' },
  },
  toggleLocked: {
    title: 'Lock or Unlock Object',
    does: 'Lock or unlock',
    group: 'Objects',
    keys: ['alt+k'],
    needs: 'editor',
    menus: { object: '3_view@3' },
  },
  moveObjectUp: {
    title: 'Move Object Up',
    does: 'Move up in the list',
    group: 'Objects',
    keys: ['alt+up'],
    needs: 'object',
    menus: { object: '2_order@1' },
  },
  moveObjectDown: {
    title: 'Move Object Down',
    does: 'Move down in the list',
    group: 'Objects',
    keys: ['alt+down'],
    needs: 'object',
    menus: { object: '2_order@2' },
  },
  duplicateObject: {
    title: 'Duplicate Object',
    does: 'Duplicate',
    group: 'Objects',
    keys: ['shift+d'],
    needs: 'object',
    menus: { object: '1_object@2' },
  },
  splitObject: {
    title: 'Split Object at This Frame',
    does: 'Split off a new object from this frame on',
    group: 'Objects',
    keys: ['shift+c'],
    needs: 'object',
    menus: { object: '1_object@4', timeline: '4_object@1' },
  },

  // View
  toggleOutline: {
    title: 'Show Outlines Only',
    does: 'Outlines only',
    group: 'View',
    keys: ['q'],
    needs: 'editor',
    menus: { canvas: '4_view@3' },
  },
  toggleSolo: {
    title: 'Show Only the Selected Object',
    does: 'Only the selected object',
    group: 'View',
    keys: ['shift+h'],
    needs: 'editor',
    menus: { canvas: '4_view@4', object: '3_view@2' },
  },
  toggleNames: {
    title: 'Show Names at the Masks',
    does: 'Names at the masks',
    group: 'View',
    keys: ['alt+b'],
    needs: 'editor',
    menus: { canvas: '4_view@5' },
  },
  strongerOverlay: {
    title: 'Increase Mask Opacity',
    does: 'More opaque masks',
    group: 'View',
    keys: ['m'],
    needs: 'editor',
  },
  weakerOverlay: {
    title: 'Decrease Mask Opacity',
    does: 'More transparent masks',
    group: 'View',
    keys: ['shift+m'],
    needs: 'editor',
  },
  fit: {
    title: 'Fit Picture to Window',
    does: 'Fit to window',
    group: 'View',
    keys: ['f'],
    needs: 'editor',
    menus: { canvas: '4_view@1' },
  },
  zoomIn: {
    title: 'Zoom In',
    does: 'Zoom in',
    group: 'View',
    keys: ['=', 'shift+=', 'numpad_add'],
    needs: 'editor',
  },
  zoomOut: {
    title: 'Zoom Out',
    does: 'Zoom out',
    group: 'View',
    keys: ['-', 'numpad_subtract'],
    needs: 'editor',
  },
  rotateView: {
    title: 'Rotate View 90°',
    does: 'Rotate the view',
    group: 'View',
    keys: ['u'],
    needs: 'editor',
    menus: { canvas: '4_view@2' },
  },
  brighter: {
    title: 'Increase Brightness',
    does: 'Brighter',
    group: 'View',
    keys: ['shift+b'],
    needs: 'editor',
  },
  darker: { title: 'Decrease Brightness', does: 'Darker', group: 'View', keys: ['shift+n'], needs: 'editor' },
  moreContrast: {
    title: 'Increase Contrast',
    does: 'More contrast',
    group: 'View',
    keys: ['shift+u'],
    needs: 'editor',
  },
  lessContrast: {
    title: 'Decrease Contrast',
    does: 'Less contrast',
    group: 'View',
    keys: ['shift+y'],
    needs: 'editor',
  },
  resetPicture: {
    title: 'Reset Brightness, Contrast and Rotation',
    does: 'Reset brightness, contrast and rotation',
    group: 'View',
    keys: ['shift+q'],
    needs: 'editor',
  },
  compareFrame: {
    title: 'Compare with the Previous Frame',
    does: 'Previous frame, while held',
    group: 'View',
    keys: ['y'],
    needs: 'editor',
  },
  help: {
    title: 'Show Keyboard Shortcuts',
    does: 'Keyboard shortcuts',
    group: 'View',
    keys: ['shift+/'],
    needs: 'editor',
  },
} as const satisfies Readonly<Record<string, ActionRow>>;

/** The editor's commands that the extension host carries out, on the tab in front. */
export const HOST_COMMANDS = {
  cancelPropagation: { title: 'Cancel Propagation', keys: ['escape'], needs: 'running' },
  goToFrame: { title: 'Go to Frame...', keys: ['ctrl+g'], anywhere: true, needs: 'editor' },
  selectObject: {
    title: 'Select Object',
    keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'],
    needs: 'editor',
  },
  mergeObjects: {
    title: 'Merge Object with...',
    keys: ['shift+j'],
    needs: 'object',
    menus: { object: '1_object@3' },
  },
  deleteObject: { title: 'Delete Object', needs: 'object', menus: { object: '5_delete@1' } },
  editLabels: { title: 'Edit Labels', needs: 'editor', menus: { object: '4_labels@1' } },
  copyLink: { title: 'Copy Link to Frame', needs: 'editor' },
  restoreDiscarded: { title: 'Restore Discarded Changes', needs: 'writable' },
} as const satisfies Readonly<Record<string, CommandRow>>;

export type EditorAction = keyof typeof EDITOR_ACTIONS;

const WITH_OBJECT = ['masklet.writable', 'masklet.hasObjects'];

/** The context keys behind each need, beyond an editor being open. */
export const WHEN: Readonly<Record<ActionNeed, readonly string[]>> = {
  editor: [],
  writable: ['masklet.writable'],
  object: WITH_OBJECT,
  propagation: [...WITH_OBJECT, '!masklet.propagating'],
  running: ['masklet.propagating'],
  conflict: ['masklet.hasConflicts'],
  decision: ['masklet.writable', 'masklet.hasConflicts'],
};

export const ACTION_IDS = Object.keys(EDITOR_ACTIONS) as readonly EditorAction[];

function actionRow(action: EditorAction): ActionRow {
  return EDITOR_ACTIONS[action];
}

/** A key as package.json writes it, in the words of tooltips: `shift+f` is `Shift+F`. */
export function keyInWords(key: string): string {
  return key
    .replace('shift+/', '?')
    .replace('escape', 'esc')
    .split('+')
    .map((part) => part[0].toUpperCase() + part.slice(1))
    .join('+');
}

/** For a tooltip, for example “Brush (D)”. */
export function titleOf(action: EditorAction): string {
  const { does, keys } = actionRow(action);
  return `${does} (${keyInWords(keys[0])})`;
}
