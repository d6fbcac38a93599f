// webview/editor/objects/: the list of objects.
import { EDITOR_ACTIONS, titleOf } from '../../../shared/actions';
import { Icon } from '../../icon';
import { Button } from '../../toolkit';
import type { Editor } from '../editor';
import { runAction } from '../state/editorActions';
import { ObjectDetails } from './objectDetails';
import { ObjectRow } from './objectRow';

/** The objects of the clip: select, name, colour, hide, delete. */
export function ObjectList({ editor }: { readonly editor: Editor }) {
  const { store, actions } = editor;
  const objects = store.objects.value;
  return (
    <section class="objects" aria-label="Objects">
      <header class="objects-header">
        <h2>Objects</h2>
        <span class="objects-buttons">
          <Button
            kind="icon"
            label={EDITOR_ACTIONS.proposeObjects.does}
            title={titleOf('proposeObjects')}
            why={store.locked.value ?? (store.proposing.value && 'Proposals are being computed.')}
            onClick={() => runAction(editor, 'proposeObjects')}
          >
            <Icon name="sparkle" />
          </Button>
          <Button
            kind="icon"
            label="Add object"
            title="Add object (N)"
            why={store.locked.value}
            onClick={() => void actions.addObject()}
          >
            <Icon name="add" />
          </Button>
        </span>
      </header>
      {objects.length === 0 ? (
        <p class="objects-empty">
          {store.locked.value === undefined ? 'The first click on the picture makes one.' : 'There are none.'}
        </p>
      ) : (
        <ul class="objects-list" onKeyDown={(event) => moveSelection(event, editor)}>
          {objects.map((object, n) => (
            <ObjectRow key={object.id} editor={editor} object={object} n={n} />
          ))}
        </ul>
      )}
      <ObjectDetails editor={editor} />
    </section>
  );
}

/** Up and Down go through the rows, as in VS Code's own lists. */
function moveSelection(event: KeyboardEvent, { store, actions }: Editor): void {
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const objects = store.document.value?.objects ?? [];
  if (by === undefined || event.target instanceof HTMLInputElement) return;
  const at = objects.findIndex(({ id }) => id === store.view.value.object);
  const next = objects[Math.min(objects.length - 1, Math.max(0, at + by))];
  if (!next) return;
  event.preventDefault();
  event.stopPropagation();
  actions.select(next.id);
  const list = event.currentTarget as HTMLElement;
  list.querySelector<HTMLElement>(`[data-object="${CSS.escape(next.id)}"] .object-select`)?.focus();
}
