import type { Editor } from './editor';
import { classOfKey } from './state/labels';
import { actionOf, type KeyAction } from './state/keymap';
import { spaceHeld } from './state/spaceBar';
import { withoutVertex } from './tools/polygon';

/**
 * Carries out the keys of the editor, wherever the focus is but in a text field. Keys that are handled go no further:
 * VS Code listens at the window, too, and would carry out its own.
 */
export function followKeyboard(editor: Editor): void {
  document.addEventListener('keydown', (event) => {
    if (isTyping(event) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      // VS Code hears every key of a webview: what is typed must not be taken for its key bindings.
      event.stopPropagation();
      return;
    }
    if (event.defaultPrevented || isTyping(event) || editor.store.helpOpen.value) return;
    if (event.key === ' ' && !isControl(event)) {
      spaceHeld.value = true;
      event.preventDefault();
      return;
    }
    if (polygonKey(editor, event)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (labelKey(editor, event)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    const action = actionOf(event);
    if (!action || !carryOut(editor, action, event)) return;
    event.preventDefault();
    event.stopPropagation();
  });
  document.addEventListener('keyup', (event) => {
    if (event.key === ' ') spaceHeld.value = false;
  });
  window.addEventListener('blur', () => {
    spaceHeld.value = false;
  });
}

/** @returns false where the key means nothing now. */
function carryOut(editor: Editor, action: KeyAction, event: KeyboardEvent): boolean {
  const { actions, store } = editor;
  const selected = store.selected.value;
  switch (action.do) {
    case 'step':
      actions.step(action.by, event.timeStamp);
      return true;
    case 'first':
    case 'last':
      actions.goToEnd(action.do, event.timeStamp);
      return true;
    case 'fit':
      editor.fit();
      return true;
    case 'zoom':
      editor.zoomBy(action.factor);
      return true;
    case 'verify':
      void actions.toggleVerified();
      return true;
    case 'clearPrompts':
      return deleteKey(editor, event);
    case 'addObject':
      void actions.addObject();
      return true;
    case 'rename':
      if (selected) actions.startRenaming(selected.id);
      return true;
    case 'hide':
      if (selected) actions.toggleHidden(selected.id);
      return true;
    case 'selectNth':
      actions.selectNth(action.n);
      return true;
    case 'rangeStart':
      actions.setRange('start');
      return true;
    case 'rangeEnd':
      actions.setRange('end');
      return true;
    case 'rangeClear':
      actions.clearRange();
      return true;
    case 'propagate':
      void actions.propagate(action.direction);
      return true;
    case 'help':
      store.helpOpen.value = true;
      return true;
    case 'escape':
      if (!store.notice.value) return false;
      actions.dismissNotice();
      return true;
  }
}

/** The keys of a polygon that is being drawn. @returns false where there is none, or the key is not one of them. */
function polygonKey({ store, closePolygon }: Editor, event: KeyboardEvent): boolean {
  const draft = store.openPolygon.value;
  if (!draft || isControl(event)) return false;
  switch (event.key) {
    case 'Enter':
      closePolygon(event.shiftKey ? 'cut' : 'add');
      return true;
    case 'Backspace':
    case 'Delete':
      store.polygon.value = withoutVertex(draft);
      return true;
    case 'Escape':
      store.polygon.value = undefined;
      return true;
    default:
      return false;
  }
}

/** The hotkey of a label gives it to the selected object. @returns false where no label has it. */
function labelKey({ store, labels }: Editor, event: KeyboardEvent): boolean {
  const document = store.document.value;
  const chosen = document && classOfKey(document, event);
  if (!chosen) return false;
  void labels.assign(chosen);
  return true;
}

/** In the object list Delete means the object, anywhere else the prompts on the frame. */
function deleteKey({ actions }: Editor, event: KeyboardEvent): boolean {
  const row = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-object]') : null;
  if (row?.dataset.object !== undefined) {
    if (event.key === 'Delete') void actions.askToRemove(row.dataset.object);
  } else {
    void actions.clearPrompts();
  }
  return true;
}

/** What takes letters for itself; a list to choose from goes to the option that begins with one. */
const TYPED_INTO = 'input:not([type=checkbox], [type=color], [type=range]), select, textarea';

function isTyping(event: KeyboardEvent): boolean {
  return event.composedPath().some((target) => target instanceof Element && target.matches(TYPED_INTO));
}

/** Space presses buttons and ticks boxes. */
function isControl(event: KeyboardEvent): boolean {
  return (
    event.target instanceof Element &&
    event.target.closest('button, vscode-button, vscode-checkbox, input') !== null
  );
}
