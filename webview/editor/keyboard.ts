import type { EditorParts } from './state/editorParts';
import type { Editor } from './editor';
import { keyPointerKey } from './canvas/keyPointer';
import { leavePolygon, takeTool } from './state/editorActions';
import { classOfKey } from './state/labels';
import { spaceHeld, spacePanned } from './state/spaceBar';
import { withoutVertex } from './tools/polygon';

/** What takes letters or arrows for itself. */
const TYPED_INTO = 'input:not([type=checkbox], [type=color]), select, textarea';
/** Keys that would scroll the page; what they do here is VS Code's to say. */
const SCROLLING = new Set([
  ' ',
  'ArrowLeft',
  'ArrowRight',
  'ArrowUp',
  'ArrowDown',
  'Home',
  'End',
  'Backspace',
]);

/**
 * The keys that depend on what is shown: of a polygon being drawn, of labels, of lists and text boxes. All others are VS
 * Code's key bindings, which users may change: VS Code listens at the window, finds the command and sends it here. Keys
 * that are handled go no further, so that it hears nothing of them.
 */
export function followKeyboard(editor: Editor): void {
  document.addEventListener('keydown', (event) => {
    editor.store.keyTime.pressed(event.timeStamp);
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    const typing = isTyping(event) && !leavesSlider(event);
    if (typing && plain) {
      event.stopPropagation();
      return;
    }
    if (event.defaultPrevented || typing) return;
    if (editor.store.helpOpen.value || (event.key === ' ' && isControl(event))) {
      if (plain) event.stopPropagation();
      return;
    }
    if (event.key === ' ' && !event.repeat) {
      spaceHeld.value = true;
      spacePanned.value = false;
    }
    if (
      keyPointerKey(editor, event) ||
      polygonKey(editor, event) ||
      proposalKey(editor, event) ||
      escapeKey(editor, event) ||
      rowKey(editor, event) ||
      labelKey(editor, event)
    ) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (plain && SCROLLING.has(event.key)) event.preventDefault();
  });
  document.addEventListener('keyup', (event) => {
    if (event.key === ' ') {
      spaceHeld.value = false;
      editor.playback.spaceReleased();
    }
    editor.store.comparing.value = false;
    editor.store.keyTime.released();
  });
  window.addEventListener('blur', () => {
    spaceHeld.value = false;
    editor.store.comparing.value = false;
    editor.store.keyTime.released();
  });
  let typing = false;
  const tell = (): void => {
    const element = document.hasFocus() ? document.activeElement : null;
    const on = element !== null && isTypedInto(element);
    if (on !== typing) editor.typing((typing = on));
  };
  document.addEventListener('focusin', tell);
  // Where nothing gets the focus instead, or what had it is gone, nothing says so.
  for (const type of ['keyup', 'pointerup']) document.addEventListener(type, () => setTimeout(tell));
  document.addEventListener('focusout', () => setTimeout(tell));
  window.addEventListener('focus', tell);
}

/** The keys of a polygon that is being drawn. @returns false where there is none, or the key is not one of them. */
function polygonKey(editor: EditorParts, event: KeyboardEvent): boolean {
  const { store, closePolygon } = editor;
  const draft = store.openPolygon.value;
  if (!draft || event.altKey || event.ctrlKey || event.metaKey) return false;
  // Enter presses a button that has the focus; Esc means the same everywhere.
  if (isControl(event) && event.key !== 'Escape') return false;
  switch (event.key) {
    case 'Enter':
      closePolygon(event.shiftKey ? 'cut' : 'add');
      return true;
    case 'Backspace':
    case 'Delete':
      if (draft.kind === 'polygon') store.polygon.value = withoutVertex(draft);
      return true;
    case 'Escape':
      leavePolygon(editor);
      return true;
    default:
      return false;
  }
}

/** The keys of proposed objects. @returns false where none are shown, or the key is not one of them. */
function proposalKey({ store, proposals }: EditorParts, event: KeyboardEvent): boolean {
  const shown = store.shownProposals.value;
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return false;
  if (event.key === 'Escape' && (shown ?? store.proposing.value)) {
    proposals.close();
    return true;
  }
  if (!shown || isControl(event)) return false;
  switch (event.key) {
    case 'Enter':
      void proposals.accept();
      return true;
    case 'ArrowDown':
      proposals.step(1);
      return true;
    case 'ArrowUp':
      proposals.step(-1);
      return true;
    default:
      return false;
  }
}

/** Gives up the last thing that was begun: a question, playback, a propagation, the word on an error, the tool. */
function escapeKey(editor: EditorParts, event: KeyboardEvent): boolean {
  const { actions, store, playback } = editor;
  if (event.key !== 'Escape' || event.shiftKey || event.ctrlKey || event.altKey) return false;
  if (store.question.value) store.question.value.answer(false);
  else if (store.playing.value !== 0) playback.pause();
  else if (store.document.value?.propagation) void actions.cancelPropagation();
  else if (store.notice.value) actions.dismissNotice();
  else if (store.tool.value !== 'select') takeTool(editor, 'select');
  else return false;
  return true;
}

/** In the object list Delete means the object, anywhere else the prompts on the frame. */
function rowKey({ actions }: EditorParts, event: KeyboardEvent): boolean {
  if ((event.key !== 'Delete' && event.key !== 'Backspace') || event.shiftKey) return false;
  const row = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-object]') : null;
  if (row?.dataset.object === undefined) return false;
  if (event.key === 'Delete') void actions.askToRemove(row.dataset.object);
  return true;
}

/** The hotkey of a label gives it to the selected object. @returns false where no label has it. */
function labelKey({ store, labels }: EditorParts, event: KeyboardEvent): boolean {
  const document = store.document.value;
  const chosen = document && classOfKey(document, event);
  if (!chosen) return false;
  void labels.assign(chosen);
  return true;
}

function isTyping(event: KeyboardEvent): boolean {
  return event.composedPath().some((target) => target instanceof Element && isTypedInto(target));
}

/** A slider takes arrows for itself; what ends something means the same as on the picture, and gives the picture the keys again. */
function leavesSlider({ key, target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLInputElement) || target.type !== 'range') return false;
  if (key !== 'Escape' && key !== 'Enter') return false;
  target.blur();
  return true;
}

function isTypedInto(element: Element): boolean {
  return element.matches(TYPED_INTO) || element.localName === 'vscode-text-field';
}

/** Space presses buttons and ticks boxes. */
function isControl(event: KeyboardEvent): boolean {
  return (
    event.target instanceof Element &&
    event.target.closest('button, vscode-button, vscode-checkbox, input:not([type=range])') !== null
  );
}
