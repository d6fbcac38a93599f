import type { Attributes, AttributeValue, ObjectRecord } from '../../../shared/domain/annotations';
import type { LabelAttribute } from '../../../shared/domain/labels';
import { Icon } from '../../icon';
import { Button } from '../../toolkit';
import type { Editor } from '../editor';
import { classOf, frameAttributes } from '../state/labels';

/** What is said of the selected object: its label, and the label's attributes. */
export function ObjectDetails({ editor }: { readonly editor: Editor }) {
  const { store, labels } = editor;
  const document = store.document.value;
  const object = store.selected.value;
  if (!document || !object) return null;
  const disabled = store.locked.value !== undefined;
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
          disabled={disabled}
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
          disabled={disabled}
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
  const disabled = store.locked.value !== undefined;
  return (
    <div class="details-field">
      <span>Label</span>
      <select
        aria-label={`Label of ${object.label}`}
        title="Labels of the workspace; “Masklet: Edit Labels” changes them"
        value={object.label}
        disabled={disabled || (known && classes.length < 2)}
        onChange={(event) => {
          const chosen = classes.find(({ name }) => name === event.currentTarget.value);
          if (chosen) void labels.assign(chosen);
        }}
      >
        {!known && <option value={object.label}>{object.label}</option>}
        {classes.map(({ name, hotkey }) => (
          <option key={name} value={name}>
            {hotkey ? `${name} (${hotkey})` : name}
          </option>
        ))}
      </select>
      {!known && (
        <Button
          kind="icon"
          label={`Add ${object.label} to the labels`}
          title="Add to the workspace’s labels"
          disabled={disabled}
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
  readonly disabled: boolean;
  readonly onChange: (value: AttributeValue | undefined) => void;
}

function Field({ attribute, values, disabled, onChange }: FieldProps) {
  const { name } = attribute;
  const value = values[name];
  const common = { 'aria-label': name, disabled };
  return (
    <label class="details-field">
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
