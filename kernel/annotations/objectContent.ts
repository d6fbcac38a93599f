import { rleMeasure } from '../masks/rle';
import { rleUnion } from '../masks/union';
import { withMarks } from '../../shared/domain/rows';
import type { FrameIndex } from '../../shared/domain/video';
import type {
  FramePrompt,
  MarkRecord,
  MaskRecord,
  ObjectId,
  ObjectRecord,
} from '../../shared/domain/annotations';
import {
  Annotations,
  isApart,
  isHeldMask,
  promptRevision,
  toRanges,
  type ModelIdentity,
} from './annotations';
import { changeAttributes, changeMark } from './marks';
import { editedMask } from './maskRecord';

/** Everything of one object; prompts and masks by frame, ascending. */
export interface ObjectContent {
  readonly object: ObjectRecord;
  readonly prompts: readonly FramePrompt[];
  readonly masks: readonly MaskRecord[];
  readonly marks: readonly MarkRecord[];
}

export function contentOf(annotations: Annotations, object: ObjectRecord): ObjectContent {
  return {
    object,
    prompts: annotations.prompts(object.id),
    masks: annotations.masksOfObject(object.id),
    marks: annotations.allMarks.filter((mark) => mark.object === object.id),
  };
}

/** The same of another object. */
export function copiedTo(object: ObjectRecord, { prompts, masks, marks }: ObjectContent): ObjectContent {
  const own = <Row extends { readonly object: ObjectId }>(rows: readonly Row[]): Row[] =>
    rows.map((row) => ({ ...row, object: object.id }));
  return { object, prompts: own(prompts), masks: own(masks), marks: own(marks) };
}

/**
 * Two tracks of what is really one object. Where only one has a mask, that is it; where both have, their union is, as
 * edited by hand, so that no propagation takes it back. Prompts of both stay; where both prompted a frame, the union of
 * their masks is the prompt, for clicks of the one could be outside of the other.
 */
export function merged(into: ObjectContent, other: ObjectContent): ObjectContent {
  const { object } = into;
  const from = copiedTo(object, other);
  const theirPrompts = byFrame(from.prompts);
  const theirMasks = byFrame(from.masks);
  const masks = new Map<FrameIndex, MaskRecord>(theirMasks);
  const prompts = new Map<FrameIndex, FramePrompt>(theirPrompts);
  for (const mask of into.masks) {
    const theirs = theirMasks.get(mask.frame);
    masks.set(mask.frame, theirs ? unionOf(mask, theirs) : mask);
  }
  for (const prompt of into.prompts) {
    const { frame } = prompt;
    const union = masks.get(frame);
    const both = theirPrompts.has(frame) && union;
    prompts.set(frame, both ? { object: object.id, frame, points: [], mask: union.mask } : prompt);
    const ours = into.masks.find((mask) => mask.frame === frame);
    if (both && ours?.state === 'prompted' && theirMasks.get(frame)?.state === 'prompted')
      masks.set(frame, { ...union, state: 'prompted', provenance: ours.provenance });
  }
  const sorted = sortedByFrame(masks);
  return {
    object: { ...object, attributes: { ...other.object.attributes, ...object.attributes } },
    prompts: sortedByFrame(prompts),
    masks: sorted,
    marks: mergedMarks(into, from, sorted),
  };
}

/**
 * What an object has before a frame, and from there on as another object's. Where a part has nothing left that decides
 * about it, its mask next to the cut does: as edited by hand, so that the part can be tracked on.
 */
export function splitAt(
  content: ObjectContent,
  frame: FrameIndex,
  other: ObjectRecord,
): { readonly before: ObjectContent; readonly after: ObjectContent } {
  const part = (first: FrameIndex, last: FrameIndex): ObjectContent => {
    const within = <Row extends { readonly frame: FrameIndex }>(rows: readonly Row[]): Row[] =>
      rows.filter((row) => row.frame >= first && row.frame <= last);
    return {
      object: content.object,
      prompts: within(content.prompts),
      masks: within(content.masks),
      marks: content.marks
        .map((mark) => ({ ...mark, first: Math.max(first, mark.first), last: Math.min(last, mark.last) }))
        .filter((mark) => mark.first <= mark.last),
    };
  };
  return {
    before: withKeyframe(part(0, frame - 1), -1),
    after: copiedTo(other, withKeyframe(part(frame, Infinity), 1)),
  };
}

/** What was up to date stays so: the masks are what somebody decided to keep, made from prompts that are now others. */
export function keptFresh(
  content: ObjectContent,
  isFresh: (mask: MaskRecord) => boolean,
  model: ModelIdentity,
): ObjectContent {
  const { object, prompts, masks, marks } = content;
  const annotations = new Annotations({ objects: [object], prompts, masks, marks }, model);
  return {
    ...content,
    masks: masks.map((mask) => {
      const { provenance, state, frame } = mask;
      if (!provenance || !isFresh(mask)) return mask;
      const prompt = annotations.prompt(object.id, frame);
      const revision =
        state === 'prompted' && prompt
          ? promptRevision(prompt)
          : annotations.trackRevision(object.id, frame, provenance.direction ?? 'forward');
      return revision === provenance.revision ? mask : { ...mask, provenance: { ...provenance, revision } };
    }),
  };
}

function unionOf(a: MaskRecord, b: MaskRecord): MaskRecord {
  if (b.area === 0) return a;
  if (a.area === 0) return b;
  const mask = rleUnion(a.mask, b.mask);
  const { area, box } = rleMeasure(mask);
  return { ...editedMask(a, { mask, area, bbox: box }), verified: a.verified && b.verified };
}

/** Ours say more of a frame than theirs; absent is only where none of the two has a mask. */
function mergedMarks(
  into: ObjectContent,
  from: ObjectContent,
  masks: readonly MaskRecord[],
): readonly MarkRecord[] {
  const { id } = into.object;
  let marks: readonly MarkRecord[] = [];
  for (const mark of [...from.marks, ...into.marks]) {
    const change =
      mark.kind === 'attributes'
        ? changeAttributes(marks, id, mark, mark.attributes ?? {})
        : changeMark(marks, id, mark.kind, mark, true);
    marks = withMarks(marks, change);
  }
  const seen = masks.filter(({ area }) => area > 0).map(({ frame }) => frame);
  for (const range of toRanges(seen)) marks = withMarks(marks, changeMark(marks, id, 'absent', range, false));
  return marks;
}

function withKeyframe(content: ObjectContent, from: 1 | -1): ObjectContent {
  const { prompts, masks } = content;
  if (prompts.length > 0 || masks.some((mask) => isHeldMask(mask) && !isApart(mask))) return content;
  const key = from === 1 ? masks.find(({ area }) => area > 0) : masks.findLast(({ area }) => area > 0);
  if (!key) return content;
  const edited: MaskRecord = { ...key, state: 'edited', iou: null, objectScore: null, provenance: null };
  return { ...content, masks: masks.map((mask) => (mask === key ? edited : mask)) };
}

function byFrame<Row extends { readonly frame: FrameIndex }>(rows: readonly Row[]): Map<FrameIndex, Row> {
  return new Map(rows.map((row) => [row.frame, row]));
}

function sortedByFrame<Row>(rows: ReadonlyMap<FrameIndex, Row>): Row[] {
  return [...rows].sort(([a], [b]) => a - b).map(([, row]) => row);
}
