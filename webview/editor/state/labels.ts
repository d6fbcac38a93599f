import type { Attributes, AttributeValue, MarkRecord, ObjectId } from '../../../shared/domain/annotations';
import type { DocumentState } from '../../../shared/protocol/editor';
import type { FrameIndex, FrameRange } from '../../../shared/domain/video';
import type { LabelClass } from '../../../shared/domain/labels';
import type { KeyPress } from './keymap';

/** The class that objects of this label belong to; undefined where the workspace's labels have none of that name. */
export function classOf(document: DocumentState, label: string): LabelClass | undefined {
  return document.labels?.classes.find(({ name }) => name === label);
}

/** The class whose hotkey was pressed. */
export function classOfKey(document: DocumentState, press: KeyPress): LabelClass | undefined {
  if (press.metaKey || !/^[a-z0-9]$/i.test(press.key)) return undefined;
  const held = [press.ctrlKey && 'Ctrl', press.altKey && 'Alt', press.shiftKey && 'Shift'].filter(Boolean);
  const name = [...held, press.key.toUpperCase()].join('+');
  return document.labels?.classes.find(({ hotkey }) => hotkey === name);
}

/** What is said of an object on a frame. */
export function frameAttributes(
  marks: readonly MarkRecord[],
  object: ObjectId,
  frame: FrameIndex,
): Attributes {
  return Object.assign(
    {},
    ...attributeMarks(marks, object)
      .filter(({ first, last }) => first <= frame && frame <= last)
      .map(({ attributes }) => attributes),
  ) as Attributes;
}

/** From a frame to where the attribute is next said otherwise: what holds from a frame on, holds until then. */
export function untilNextChange(
  marks: readonly MarkRecord[],
  object: ObjectId,
  name: string,
  frame: FrameIndex,
  frameCount: number,
): FrameRange {
  const valueAt = (at: FrameIndex): AttributeValue | undefined => frameAttributes(marks, object, at)[name];
  const here = valueAt(frame);
  const borders = attributeMarks(marks, object).flatMap(({ first, last }) => [first, last + 1]);
  const later = borders.filter((at) => at > frame && at < frameCount).sort((a, b) => a - b);
  const end = later.find((at) => valueAt(at) !== here) ?? frameCount;
  return { first: frame, last: end - 1 };
}

function attributeMarks(marks: readonly MarkRecord[], object: ObjectId): MarkRecord[] {
  return marks.filter((mark) => mark.object === object && mark.kind === 'attributes');
}

/**
 * What a new object is called: as the last one was, else as the first of the workspace's labels. Its colour is the label's,
 * unless another object has that: two dogs are to be told apart.
 */
export function labelForNew(
  document: DocumentState,
  last: string | undefined,
): { readonly label?: string; readonly color?: string } {
  const label = last ?? document.labels?.classes[0]?.name;
  if (label === undefined) return {};
  const color = classOf(document, label)?.color;
  const taken = document.objects.some((object) => object.color === color);
  return { label, ...(color !== undefined && !taken && { color }) };
}
