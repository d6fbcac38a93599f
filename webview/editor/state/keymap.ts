import {
  EDITOR_ACTIONS,
  HOST_COMMANDS,
  keyInWords,
  type ActionGroup,
  type ActionRow,
} from '../../../shared/actions';

/** As in `KeyboardEvent`. */
export interface KeyPress {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
}

export interface KeyHelp {
  readonly keys: readonly string[];
  readonly does: string;
}

function actionHelp(group: ActionGroup): KeyHelp[] {
  const rows: readonly ActionRow[] = Object.values(EDITOR_ACTIONS);
  return rows
    .filter((row) => row.group === group)
    .map(({ keys, does }) => ({ keys: [keyInWords(keys[0])], does }));
}

/** The cheat sheet. */
export const KEY_HELP: readonly { readonly title: string; readonly entries: readonly KeyHelp[] }[] = [
  {
    title: 'Segment',
    entries: [
      { keys: ['Click'], does: 'The object is here' },
      { keys: ['Alt+Click', 'Right click'], does: 'The object is not here' },
      { keys: ['Drag'], does: 'Box around the object' },
      { keys: ['Esc'], does: 'Cancel the box' },
      { keys: ['Drag a point'], does: 'Move it' },
      { keys: ['Right click a point'], does: 'Delete it' },
      { keys: ['Ctrl+Right click'], does: 'Menu' },
      { keys: ['Enter', 'Shift+Enter', 'B'], does: 'By keys: here, not here, corner of a box' },
      ...actionHelp('Segment'),
    ],
  },
  {
    title: 'Draw',
    entries: [
      ...actionHelp('Draw'),
      { keys: ['Shift+Click', 'Shift+Drag'], does: 'Edit this frame only' },
      { keys: ['Shift+Wheel'], does: 'Size of the brush' },
      { keys: ['Enter', 'Shift+Enter'], does: 'Close the polygon: add, cut' },
    ],
  },
  { title: 'Correct the mask', entries: actionHelp('Correct') },
  { title: 'On the range, or the frame', entries: actionHelp('Range') },
  { title: 'Review', entries: actionHelp('Review') },
  { title: 'Conflicts', entries: actionHelp('Conflicts') },
  { title: 'Frames', entries: [...actionHelp('Frames'), { keys: ['Ctrl+G'], does: 'Go to frame' }] },
  { title: 'Play', entries: actionHelp('Play') },
  {
    title: 'Propagate',
    entries: [
      ...actionHelp('Propagate'),
      { keys: [keyInWords(HOST_COMMANDS.cancelPropagation.keys[0])], does: 'Cancel' },
    ],
  },
  {
    title: 'Objects',
    entries: [
      ...actionHelp('Objects'),
      { keys: ['Shift+J'], does: 'Merge with another object' },
      { keys: ['1', '…', '9'], does: 'Select' },
      { keys: ['Hotkey'], does: 'Label, as labels.json says' },
    ],
  },
  {
    title: 'View',
    entries: [
      { keys: ['Wheel'], does: 'Zoom' },
      { keys: ['Space+Drag', 'Middle drag'], does: 'Pan' },
      ...actionHelp('View'),
    ],
  },
];
