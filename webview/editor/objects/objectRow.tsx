import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../../icon';
import type { ObjectRecord } from '../../protocol';
import { Button, type ButtonElement, selectText, TextField, type TextFieldElement } from '../../toolkit';
import type { Editor } from '../editor';
import { maskCountOf } from '../state/documentState';

interface RowProps {
  readonly editor: Editor;
  readonly object: ObjectRecord;
  /** Place in the list, from 0. */
  readonly n: number;
}

export function ObjectRow({ editor, object, n }: RowProps) {
  const { store } = editor;
  const view = store.view.value;
  const classes = [
    'object',
    view.object === object.id ? 'selected' : '',
    view.hidden.includes(object.id) ? 'hidden-object' : '',
  ];
  return (
    <li class={classes.filter(Boolean).join(' ')} data-object={object.id}>
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
  const document = store.document.value!;
  const locked = store.locked.value !== undefined;
  const hidden = store.view.value.hidden.includes(object.id);
  const selected = store.view.value.object === object.id;
  const count = maskCountOf(document, object.id);
  return (
    <>
      <label class="object-color" title={`Colour of ${object.label}`}>
        <span class="object-swatch" style={{ backgroundColor: object.color }} />
        <input
          type="color"
          value={object.color}
          disabled={locked}
          aria-label={`Colour of ${object.label}`}
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
          title={`${object.label}${n < 9 ? ` (${n + 1})` : ''}; F2 or double click renames`}
          onClick={() => actions.select(object.id)}
          onDblClick={() => actions.startRenaming(object.id)}
        >
          <span class="object-label">{object.label}</span>
          <span class="object-count" title={`${count} frames with a mask`}>
            {count > 0 ? count : ''}
          </span>
        </button>
      )}
      <span class="object-actions">
        <Button
          kind="icon"
          label={`${hidden ? 'Show' : 'Hide'} ${object.label}`}
          title={hidden ? 'Show (H)' : 'Hide (H)'}
          onClick={() => actions.toggleHidden(object.id)}
        >
          <Icon name={hidden ? 'eye-closed' : 'eye'} />
        </Button>
        <Button
          kind="icon"
          class="object-delete"
          label={`Delete ${object.label}`}
          title="Delete object"
          disabled={locked}
          onClick={() => void actions.askToRemove(object.id)}
        >
          <Icon name="trash" />
        </Button>
      </span>
    </>
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
      aria-label={`Delete ${object.label}?`}
      onKeyDown={(event) => {
        if (event.key === 'Escape') cancel();
      }}
    >
      <span>
        Delete “{object.label}” and its {count === 1 ? 'mask' : `${count} masks`}?
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
