import type { Direction } from '../../protocol';
import { ACTION_HELP, type ActionHelp } from './actionKeys';

/** What a key does. */
export type KeyAction =
  | { readonly do: 'step'; readonly by: number }
  | {
      readonly do:
        'first' | 'last' | 'fit' | 'verify' | 'clearPrompts' | 'addObject' | 'rename' | 'hide' | 'help';
    }
  | { readonly do: 'selectNth'; readonly n: number }
  | { readonly do: 'rangeStart' | 'rangeEnd' | 'rangeClear' | 'escape' }
  | { readonly do: 'zoom'; readonly factor: number }
  | { readonly do: 'propagate'; readonly direction: Direction | 'both' };

export interface KeyPress {
  /** As in `KeyboardEvent.key`. */
  readonly key: string;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
}

const ZOOM_STEP = 1.25;

/** Keys that mean the same with and without Shift, as layouts differ in where they put them. */
const ANY_SHIFT = keys({
  '?': { do: 'help' },
  '+': { do: 'zoom', factor: ZOOM_STEP },
  '=': { do: 'zoom', factor: ZOOM_STEP },
  '-': { do: 'zoom', factor: 1 / ZOOM_STEP },
});

const PLAIN = keys({
  ArrowLeft: { do: 'step', by: -1 },
  ArrowRight: { do: 'step', by: 1 },
  Home: { do: 'first' },
  End: { do: 'last' },
  Delete: { do: 'clearPrompts' },
  Backspace: { do: 'clearPrompts' },
  Escape: { do: 'escape' },
  F2: { do: 'rename' },
  b: { do: 'propagate', direction: 'both' },
  f: { do: 'fit' },
  h: { do: 'hide' },
  i: { do: 'rangeStart' },
  n: { do: 'addObject' },
  o: { do: 'rangeEnd' },
  p: { do: 'propagate', direction: 'forward' },
  v: { do: 'verify' },
  x: { do: 'rangeClear' },
});

const SHIFTED = keys({
  ArrowLeft: { do: 'step', by: -10 },
  ArrowRight: { do: 'step', by: 10 },
  p: { do: 'propagate', direction: 'backward' },
});

/** What a key press asks for; keys with Ctrl, Alt or Command belong to VS Code. */
export function actionOf({ key, shiftKey, altKey, ctrlKey, metaKey }: KeyPress): KeyAction | undefined {
  if (altKey || ctrlKey || metaKey) return undefined;
  const name = key.length === 1 ? key.toLowerCase() : key;
  const always = ANY_SHIFT.get(name);
  if (always) return always;
  if (!shiftKey && name >= '1' && name <= '9' && name.length === 1)
    return { do: 'selectNth', n: Number(name) - 1 };
  return (shiftKey ? SHIFTED : PLAIN).get(name);
}

function keys(actions: Readonly<Record<string, KeyAction>>): ReadonlyMap<string, KeyAction> {
  return new Map(Object.entries(actions));
}

export interface KeyHelp {
  readonly keys: readonly string[];
  readonly does: string;
}

function actionHelp(group: ActionHelp['group']): KeyHelp[] {
  return Object.values(ACTION_HELP)
    .filter((help) => help.group === group)
    .map(({ key, does }) => ({ keys: [key], does }));
}

/** The cheat sheet. */
export const KEY_HELP: readonly { readonly title: string; readonly entries: readonly KeyHelp[] }[] = [
  {
    title: 'Segment',
    entries: [
      { keys: ['Click'], does: 'The object is here' },
      { keys: ['Alt+Click', 'Right click'], does: 'The object is not here' },
      { keys: ['Drag'], does: 'Box around the object' },
      { keys: ['Esc'], does: 'Give up the box' },
      { keys: ['Delete', 'Backspace'], does: 'Clear the prompts here' },
      { keys: ['Drag a point'], does: 'Move it' },
      { keys: ['Right click a point'], does: 'Delete it' },
      { keys: ['V'], does: 'Verify the frame’s mask' },
    ],
  },
  {
    title: 'Draw',
    entries: [
      ...actionHelp('Draw'),
      { keys: ['Shift+Wheel'], does: 'Size of the brush' },
      { keys: ['Enter', 'Shift+Enter'], does: 'Close the polygon: add, cut' },
    ],
  },
  { title: 'Correct the mask', entries: actionHelp('Correct') },
  { title: 'On the range, or the frame', entries: actionHelp('Range') },
  { title: 'Review', entries: actionHelp('Review') },
  {
    title: 'Frames',
    entries: [
      { keys: ['←', '→'], does: 'One frame' },
      { keys: ['Shift+←', 'Shift+→'], does: 'Ten frames' },
      { keys: ['Home', 'End'], does: 'First, last frame' },
      { keys: ['Ctrl+G'], does: 'Go to frame' },
    ],
  },
  {
    title: 'Propagate',
    entries: [
      { keys: ['P'], does: 'Forward' },
      { keys: ['Shift+P'], does: 'Backward' },
      { keys: ['B'], does: 'Both ways' },
      { keys: ['I', 'O'], does: 'Range from here, to here' },
      { keys: ['X'], does: 'Whole clip again' },
    ],
  },
  {
    title: 'Objects',
    entries: [
      { keys: ['N'], does: 'New object' },
      { keys: ['1', '…', '9'], does: 'Select' },
      { keys: ['F2'], does: 'Rename' },
      { keys: ['H'], does: 'Hide or show' },
      { keys: ['Hotkey'], does: 'Label, as labels.json says' },
    ],
  },
  {
    title: 'View',
    entries: [
      { keys: ['Wheel', '+', '−'], does: 'Zoom' },
      { keys: ['Space+Drag', 'Middle drag'], does: 'Pan' },
      { keys: ['F'], does: 'Fit' },
      ...actionHelp('View'),
      { keys: ['?'], does: 'This list' },
    ],
  },
];
