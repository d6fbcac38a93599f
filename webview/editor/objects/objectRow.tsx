import { signal, useComputed } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../../icon';
import type { ObjectId, ObjectRecord } from '../../../shared/domain/annotations';
import { EDITOR_ACTIONS, keyInWords } from '../../../shared/actions';
import {
  Button,
  type ButtonElement,
  selectText,
  TextField,
  type TextFieldElement,
  withReason,
} from '../../toolkit';
import type { Editor } from '../editor';
import { contextOf } from '../host/menuContext';
import { maskCountOf } from '../state/documentState';

/** The row that is being dragged, and the row over which it is. */
const dragged = signal<
  | {
      readonly object: ObjectId;
      readonly to: { readonly object: ObjectId; readonly below: boolean } | undefined;
    }
  | undefined
>(undefined);

function isLowerHalf(event: DragEvent): boolean {
  const { top, height } = (event.currentTarget as HTMLElement).getBoundingClientRect();
  return event.clientY > top + height / 2;
}

function drop({ store, objects }: Editor): void {
  const { object, to } = dragged.value ?? {};
  dragged.value = undefined;
  const ids = (store.document.value?.objects ?? []).map(({ id }) => id).filter((id) => id !== object);
  if (object === undefined || !to || to.object === object) return;
  void objects.moveTo(object, ids.indexOf(to.object) + (to.below ? 1 : 0));
}

interface RowProps {
  readonly editor: Editor;
  readonly object: ObjectRecord;
  /** Place in the list, from 0. */
  readonly n: number;
}

export function ObjectRow({ editor, object, n }: RowProps) {
  const { store } = editor;
  const selected = useComputed(() => store.selectedId.value === object.id);
  const hidden = useComputed(() => store.view.value.hidden.includes(object.id));
  const classes = [
    'object',
    selected.value ? 'selected' : '',
    hidden.value ? 'hidden-object' : '',
    dragged.value?.to?.object === object.id ? (dragged.value.to.below ? 'drop-below' : 'drop-above') : '',
  ];
  return (
    <li
      class={classes.filter(Boolean).join(' ')}
      data-object={object.id}
      data-vscode-context={contextOf('object')}
      draggable={store.locked.value === undefined && store.renaming.value !== object.id}
      onContextMenu={() => {
        editor.actions.select(object.id);
        // The menu's commands work on what the host knows to be selected.
        editor.flushView();
      }}
      onDragStart={(event) => {
        dragged.value = { object: object.id, to: undefined };
        event.dataTransfer?.setData('text/plain', object.label);
      }}
      onDragOver={(event) => {
        if (!dragged.value) return;
        event.preventDefault();
        const to = { object: object.id, below: isLowerHalf(event) };
        dragged.value = { ...dragged.value, to };
      }}
      onDrop={(event) => {
        event.preventDefault();
        drop(editor);
      }}
      onDragEnd={() => {
        dragged.value = undefined;
      }}
    >
      {store.removing.value === object.id ? (
        <ConfirmRemoval editor={editor} object={object} />
      ) : (
        <Row editor={editor} object={object} n={n} />
      )}
    </li>
  );
}

function Row({ editor, object, n }: RowProps) {
  const { store, actions } = editor;
  const own = store.isLocked(object.id);
  const name = store.nameOf(object);
  const why = store.locked.value ?? (own ? `${name} is locked.` : undefined);
  const { value: hidden } = useComputed(() => store.view.value.hidden.includes(object.id));
  const { value: selected } = useComputed(() => store.selectedId.value === object.id);
  return (
    <>
      <label class="object-color" title={withReason(`Colour of ${name}`, store.locked.value)}>
        <span class="object-swatch" style={{ backgroundColor: object.color }} />
        <input
          type="color"
          value={object.color}
          disabled={store.locked.value !== undefined}
          aria-label={`Colour of ${name}`}
          onChange={(event) => void actions.recolor(object.id, event.currentTarget.value)}
        />
      </label>
      {store.renaming.value === object.id ? (
        <Rename editor={editor} object={object} />
      ) : (
        <button
          type="button"
          class="object-select"
          aria-current={selected ? 'true' : undefined}
          title={`${name}${n < 9 ? ` (${n + 1})` : ''}; F2 or double click renames`}
          onClick={() => actions.select(object.id)}
          onDblClick={() => actions.startRenaming(object.id)}
        >
          <span class="object-label">{name}</span>
          <MaskCount editor={editor} object={object} />
        </button>
      )}
      <span class="object-actions">
        <Button
          kind="icon"
          class={own ? 'object-lock on' : 'object-lock'}
          label={`${own ? 'Unlock' : 'Lock'} ${name}`}
          title={`${own ? 'Unlock' : 'Lock: no edit changes its masks'} (${keyInWords(EDITOR_ACTIONS.toggleLocked.keys[0])})`}
          pressed={own}
          onClick={() => actions.toggleLocked(object.id)}
        >
          <Icon name={own ? 'lock' : 'unlock'} />
        </Button>
        <Button
          kind="icon"
          label={`${hidden ? 'Show' : 'Hide'} ${name}`}
          title={hidden ? 'Show (H)' : 'Hide (H)'}
          onClick={() => actions.toggleHidden(object.id)}
        >
          <Icon name={hidden ? 'eye-closed' : 'eye'} />
        </Button>
        <Button
          kind="icon"
          class="object-delete"
          label={`Delete ${name}`}
          title="Delete object"
          why={why}
          onClick={() => void actions.askToRemove(object.id)}
        >
          <Icon name="trash" />
        </Button>
      </span>
    </>
  );
}

/** By itself, as it changes with every frame of a propagation. */
function MaskCount({ editor, object }: Omit<RowProps, 'n'>) {
  const { value: count } = useComputed(() => {
    const document = editor.store.document.value;
    return document ? maskCountOf(document, object.id) : 0;
  });
  return (
    <span class="object-count" title={`${count} ${count === 1 ? 'frame' : 'frames'} with a mask`}>
      {count > 0 ? count : ''}
    </span>
  );
}

function Rename({ editor, object }: Omit<RowProps, 'n'>) {
  const { actions, store } = editor;
  const field = useRef<TextFieldElement>(null);
  useEffect(() => {
    // The element makes its inner field only once it is connected.
    const frame = requestAnimationFrame(() => {
      if (field.current) selectText(field.current);
    });
    return () => cancelAnimationFrame(frame);
  }, []);
  const finish = (text: string): void => {
    if (store.renaming.value === object.id) void actions.rename(object.id, text);
  };
  return (
    <TextField
      class="object-rename"
      label={`Name of ${object.label}`}
      value={object.label}
      elementRef={field}
      onBlur={finish}
      onKeyDown={(event, text) => {
        if (event.key === 'Enter') finish(text);
        else if (event.key === 'Escape') finish(object.label);
      }}
    />
  );
}

function ConfirmRemoval({ editor, object }: Omit<RowProps, 'n'>) {
  const { store, actions } = editor;
  const keep = useRef<ButtonElement>(null);
  useEffect(() => {
    const frame = requestAnimationFrame(() => keep.current?.focus());
    return () => cancelAnimationFrame(frame);
  }, []);
  const count = maskCountOf(store.document.value!, object.id);
  const cancel = (): void => {
    store.removing.value = undefined;
  };
  return (
    <div
      class="object-confirm"
      role="alertdialog"
      aria-label={`Delete ${store.nameOf(object)}?`}
      onKeyDown={(event) => {
        if (event.key === 'Escape') cancel();
      }}
    >
      <span>
        Delete “{store.nameOf(object)}” and its {count === 1 ? 'mask' : `${count} masks`}?
      </span>
      <span class="object-confirm-buttons">
        <Button kind="primary" onClick={() => void actions.remove(object.id)}>
          Delete
        </Button>
        <Button elementRef={keep} onClick={cancel}>
          Keep
        </Button>
      </span>
    </div>
  );
}
