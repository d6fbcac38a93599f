import type { Attributes, AttributeValue, ObjectRecord } from '../../../shared/domain/annotations';
import type { LabelAttribute } from '../../../shared/domain/labels';
import { Icon } from '../../icon';
import { Button, withReason } from '../../toolkit';
import type { Editor } from '../editor';
import { classOf, frameAttributes } from '../state/labels';

/** The id of the list of labels. */
const LABELS = 'labels';

/** What is said of the selected object: its label, and the label's attributes. */
export function ObjectDetails({ editor }: { readonly editor: Editor }) {
  const { store, labels } = editor;
  const document = store.document.value;
  const object = store.selected.value;
  if (!document || !object) return null;
  const why = store.locked.value;
  const label = classOf(document, object.label);
  const onFrame = frameAttributes(document.marks, object.id, store.view.value.frame);
  const fields = (per: 'object' | 'frame') =>
    (label?.attributes ?? []).filter((attribute) => attribute.per === per);
  return (
    <section class="details" aria-label={`Label and attributes of ${object.label}`}>
      <LabelChoice editor={editor} object={object} />
      {fields('object').map((attribute) => (
        <Field
          key={`${object.id}/${attribute.name}`}
          attribute={attribute}
          values={object.attributes}
          why={why}
          onChange={(value) => void labels.setAttribute(attribute.name, value)}
        />
      ))}
      {fields('frame').length > 0 && (
        <h3 class="details-heading" title="Holds from this frame to where it changes, or on the range">
          {store.view.value.range ? 'On the range' : 'From this frame on'}
        </h3>
      )}
      {fields('frame').map((attribute) => (
        <Field
          key={`${object.id}/${attribute.name}`}
          attribute={attribute}
          values={onFrame}
          why={why}
          onChange={(value) => void labels.setFrameAttribute(attribute.name, value)}
        />
      ))}
    </section>
  );
}

function LabelChoice({ editor, object }: { readonly editor: Editor; readonly object: ObjectRecord }) {
  const { store, labels } = editor;
  const document = store.document.value!;
  const classes = document.labels?.classes ?? [];
  const known = classOf(document, object.label) !== undefined;
  const why = store.locked.value;
  return (
    <div class="details-field">
      <span>Label</span>
      <input
        type="text"
        list={LABELS}
        aria-label={`Label of ${object.label}`}
        title={withReason('A label of the workspace, or a new one', why)}
        value={object.label}
        disabled={why !== undefined}
        // Empty, so that all labels are offered, and not only those that begin as this one does.
        onFocus={({ currentTarget: field }) => {
          field.placeholder = object.label;
          field.value = '';
        }}
        onBlur={({ currentTarget: field }) => {
          if (field.value.trim() === '') field.value = object.label;
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.value = object.label;
          if (event.key === 'Enter' || event.key === 'Escape') event.currentTarget.blur();
        }}
        onChange={(event) => {
          void labels.type(event.currentTarget.value);
        }}
      />
      <datalist id={LABELS}>
        {classes.map(({ name, hotkey }) => (
          <option key={name} value={name}>
            {hotkey}
          </option>
        ))}
      </datalist>
      {!known && (
        <Button
          kind="icon"
          label={`Add ${object.label} to the labels`}
          title="Add to the workspace’s labels"
          why={why}
          onClick={() => void labels.addToSet()}
        >
          <Icon name="bookmark" />
        </Button>
      )}
    </div>
  );
}

interface FieldProps {
  readonly attribute: LabelAttribute;
  readonly values: Attributes;
  readonly why: string | undefined;
  readonly onChange: (value: AttributeValue | undefined) => void;
}

function Field({ attribute, values, why, onChange }: FieldProps) {
  const { name } = attribute;
  const value = values[name];
  const common = { 'aria-label': name, disabled: why !== undefined };
  return (
    <label class="details-field" title={withReason(name, why)}>
      <span>{name}</span>
      {attribute.type === 'boolean' && (
        <input
          {...common}
          type="checkbox"
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      )}
      {attribute.type === 'choice' && (
        <select
          {...common}
          value={typeof value === 'string' ? value : ''}
          onChange={(event) => onChange(event.currentTarget.value || undefined)}
        >
          <option value="">–</option>
          {attribute.values.map((option) => (
            <option key={option} value={option}>
              {option}
            </option>
          ))}
        </select>
      )}
      {attribute.type === 'number' && (
        <input
          {...common}
          type="number"
          step="any"
          min={attribute.min}
          max={attribute.max}
          value={typeof value === 'number' ? value : ''}
          onChange={(event) => {
            const { currentTarget: field } = event;
            if (field.validity.valid) onChange(field.value === '' ? undefined : field.valueAsNumber);
            else field.reportValidity();
          }}
        />
      )}
      {attribute.type === 'text' && (
        <input
          {...common}
          type="text"
          value={typeof value === 'string' ? value : ''}
          onChange={(event) => onChange(event.currentTarget.value || undefined)}
        />
      )}
    </label>
  );
}
