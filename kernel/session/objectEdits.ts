import type { RelabelParams } from '../../shared/domain/labels';
import { MaskletError } from '../../shared/protocol/errors';
import type {
  AddObjectParams,
  DuplicateObjectParams,
  MergeObjectsParams,
  MoveObjectParams,
  ObjectChanged,
  ObjectParams,
  SplitObjectParams,
  UpdateObjectParams,
  VerifyParams,
  Relabelled,
} from '../../shared/edits';
import { checkRelabel, relabelled } from '../annotations/relabel';
import type { Changed } from '../../shared/protocol/changed';
import type { Editing } from '../../shared/protocol/session';
import type { FrameIndex } from '../../shared/domain/video';
import type { MaskRecord, ObjectId, ObjectRecord } from '../../shared/domain/annotations';
import { contains } from '../../shared/domain/ranges';
import { markKey } from '../../shared/domain/rows';
import { objectColor } from '../render/colors';
import type { Change } from '../storage/api';
import { OBJECT_ID } from '../storage/sidecar/layout';
import type { EditHandlers } from './editHandlers';
import type { EditingHost } from './editingHost';
import { missingObject, newObjectId } from './newObject';
import {
  contentOf,
  copiedTo,
  keptFresh,
  merged,
  splitAt,
  type ObjectContent,
} from '../annotations/objectContent';
import { checkFrame } from '../annotations/prompts';

type Handled =
  | 'object/add'
  | 'object/update'
  | 'object/remove'
  | 'object/move'
  | 'object/duplicate'
  | 'object/merge'
  | 'object/split'
  | 'session/relabel'
  | 'object/verify';

/**
 * Edits of whole objects: what they are called, their order, verifying their masks, and making one of two and two of one.
 * Each is one change of the clip.
 */
export class ObjectEdits {
  readonly handlers: Pick<EditHandlers, Handled> = {
    'object/add': (params) => this.add(params),
    'object/update': (params) => this.update(params),
    'object/remove': (params) => this.remove(params),
    'object/move': (params) => this.move(params),
    'object/duplicate': (params) => this.duplicate(params),
    'object/merge': (params) => this.merge(params),
    'object/split': (params) => this.split(params),
    'object/verify': (params) => this.verify(params),
    'session/relabel': (params) => this.relabel(params),
  };

  constructor(private readonly host: EditingHost) {}

  /** Makes an object that has no prompts yet; an existing one stays as it is. */
  async add({
    object = newObjectId(),
    label,
    color,
    edit,
  }: AddObjectParams & Editing): Promise<ObjectChanged> {
    this.host.requireWritable();
    const wanted = { ...(label === undefined ? {} : { label }), ...(color === undefined ? {} : { color }) };
    const changed = await this.host.commit(
      () => ({
        putObjects: missingObject(this.host.annotations, object).map((made) => ({ ...made, ...wanted })),
      }),
      edit,
    );
    return this.withObject(changed, object);
  }

  async update(params: UpdateObjectParams & Editing): Promise<ObjectChanged> {
    const { object, label, color, attributes, edit } = params;
    const known = this.host.requireObject(object);
    this.host.requireWritable();
    const updated: ObjectRecord = {
      ...known,
      ...(label === undefined ? {} : { label }),
      ...(color === undefined ? {} : { color }),
      ...(attributes === undefined ? {} : { attributes }),
    };
    const changed = await this.host.commit(() => ({ putObjects: [updated] }), edit);
    return { ...changed, object: updated };
  }

  /** One change for all objects. @throws MaskletError `input/invalid` where label or colour cannot be one */
  async relabel(params: RelabelParams & Editing): Promise<Relabelled> {
    this.host.requireWritable();
    checkRelabel(params);
    let before: readonly ObjectRecord[] = [];
    const changed = await this.host.commit(() => {
      const { annotations } = this.host;
      const change = relabelled([...annotations.objects.values()], annotations.allMarks, params);
      before = change.before;
      return { putObjects: change.objects, putMarks: change.marks };
    }, params.edit);
    return { ...changed, before };
  }

  async remove({ object, edit }: ObjectParams & Editing): Promise<Changed> {
    this.host.requireObject(object);
    this.host.requireWritable();
    return await this.host.commit(() => ({ removeObjects: [object] }), edit);
  }

  /** Marks masks as looked at and right, or takes that back; verified masks are never overwritten. */
  async verify({ object, frames = [], range, verified, edit }: VerifyParams & Editing): Promise<Changed> {
    const { annotations, video } = this.host;
    this.host.requireObject(object);
    this.host.requireWritable();
    for (const frame of frames) {
      checkFrame(video, frame);
      if (!annotations.mask(object, frame)) {
        throw new MaskletError('prompt/invalid', `Object ${object} has no mask on frame ${frame} to verify.`);
      }
    }
    if (range) for (const frame of [range.first, range.last]) checkFrame(video, frame);
    return await this.host.commit(() => {
      const named = frames.flatMap((frame) => annotations.mask(object, frame) ?? []);
      const within = range
        ? annotations.masksOfObject(object).filter(({ frame }) => contains(range, frame))
        : [];
      return { putMasks: [...new Set([...named, ...within])].map((mask) => ({ ...mask, verified })) };
    }, edit);
  }

  /** Puts an object at a place of the list, from 0. */
  async move({ object, to, edit }: MoveObjectParams & Editing): Promise<Changed> {
    this.host.requireObject(object);
    this.host.requireWritable();
    return await this.host.commit(() => {
      const others = this.objects().filter(({ id }) => id !== object);
      const at = Math.min(others.length, Math.max(0, Math.round(to)));
      return {
        putObjects: numbered([...others.slice(0, at), this.host.requireObject(object), ...others.slice(at)]),
      };
    }, edit);
  }

  /** Copies an object with everything it has. @throws MaskletError `input/invalid` where the new id is taken. */
  async duplicate(params: DuplicateObjectParams & Editing): Promise<ObjectChanged> {
    const { object, as = newObjectId(), edit } = params;
    this.check(object);
    const changed = await this.host.commit(() => {
      const content = this.content(object);
      const copy = copiedTo(this.another(content.object, as), content);
      return { putObjects: this.withAfter(object, copy.object), ...puts(copy) };
    }, edit);
    return this.withObject(changed, as);
  }

  /** Takes another object's prompts, masks and marks over; the other one goes. */
  async merge({ object, from, edit }: MergeObjectsParams & Editing): Promise<Changed> {
    this.check(object);
    this.host.requireObject(from);
    if (object === from)
      throw new MaskletError('input/invalid', `Object ${object} cannot be merged with itself.`);
    return await this.host.commit(() => {
      const [into, other] = [this.content(object), this.content(from)];
      const fresh = this.fresh([...into.masks, ...other.masks]);
      const result = this.keptFresh(merged(into, other), fresh);
      return { removeObjects: [from], ...difference(into, result) };
    }, edit);
  }

  /**
   * Makes what an object has from a frame on another object's.
   * @throws MaskletError `prompt/invalid` where it has nothing before, or nothing from there on.
   */
  async split(params: SplitObjectParams & Editing): Promise<ObjectChanged> {
    const { object, frame, as = newObjectId(), edit } = params;
    this.check(object);
    checkFrame(this.host.video, frame);
    const changed = await this.host.commit(() => {
      const content = this.content(object);
      const parts = splitAt(content, frame, this.another(content.object, as));
      for (const [part, where] of [
        [parts.before, 'before'],
        [parts.after, 'from'],
      ] as const) {
        if (part.masks.length + part.prompts.length > 0) continue;
        throw new MaskletError('prompt/invalid', `Object ${object} has nothing ${where} frame ${frame}.`, {
          hint: 'Go to the first frame that is to be another object’s.',
        });
      }
      const fresh = this.fresh(content.masks);
      const [before, after] = [parts.before, parts.after].map((part) => this.keptFresh(part, fresh));
      return {
        ...difference(content, before),
        ...both(puts(after), difference(content, before)),
        putObjects: this.withAfter(object, after.object),
      };
    }, edit);
    return this.withObject(changed, as);
  }

  private check(object: ObjectId): void {
    this.host.requireObject(object);
    this.host.requireWritable();
    this.host.requireIdle();
  }

  private withObject(changed: Changed, object: ObjectId): ObjectChanged {
    return { ...changed, object: this.host.requireObject(object) };
  }

  private objects(): ObjectRecord[] {
    return [...this.host.annotations.objects.values()];
  }

  private content(object: ObjectId): ObjectContent {
    return contentOf(this.host.annotations, this.host.requireObject(object));
  }

  private another(like: ObjectRecord, id: ObjectId): ObjectRecord {
    if (!OBJECT_ID.test(id) || this.host.annotations.objects.has(id))
      throw new MaskletError('input/invalid', `"${id}" cannot be the id of a new object.`);
    return { ...like, id, color: objectColor(this.host.annotations.objects.size) };
  }

  /** The list with one more object, right behind another: the rows to write. */
  private withAfter(object: ObjectId, added: ObjectRecord): ObjectRecord[] {
    const { order, ...fresh } = added;
    return numbered(this.objects().flatMap((one) => (one.id === object ? [one, fresh] : [one])));
  }

  /** The frames whose masks are up to date. */
  private fresh(masks: readonly MaskRecord[]): (mask: MaskRecord) => boolean {
    const { annotations } = this.host;
    const stale = new Set(masks.filter((mask) => annotations.isStale(mask)).map(({ frame }) => frame));
    return ({ frame }) => !stale.has(frame);
  }

  private keptFresh(content: ObjectContent, fresh: (mask: MaskRecord) => boolean): ObjectContent {
    return keptFresh(content, fresh, this.host.annotations.model);
  }
}

/** Objects in a new order: those of them that have to be written. */
function numbered(objects: readonly ObjectRecord[]): ObjectRecord[] {
  return objects.flatMap((object, order) => (object.order === order ? [] : [{ ...object, order }]));
}

function puts({ prompts, masks, marks }: ObjectContent): Change {
  return { putPrompts: prompts, putMasks: masks, putMarks: marks };
}

/** What of an object changed, itself too. */
function difference(before: ObjectContent, after: ObjectContent): Change {
  const frames = (rows: readonly { readonly frame: FrameIndex }[]): Set<FrameIndex> =>
    new Set(rows.map(({ frame }) => frame));
  const [prompts, masks] = [frames(after.prompts), frames(after.masks)];
  const marks = new Set(after.marks.map(markKey));
  const is = <Row>(known: readonly Row[]) => {
    const set = new Set(known);
    return (row: Row): boolean => set.has(row);
  };
  const [oldPrompt, oldMask, oldMark] = [is(before.prompts), is(before.masks), is(before.marks)];
  const place = ({ object, frame }: { object: ObjectId; frame: FrameIndex }) => ({ object, frame });
  return {
    putObjects: before.object === after.object ? [] : [after.object],
    putPrompts: after.prompts.filter((row) => !oldPrompt(row)),
    removePrompts: before.prompts.filter(({ frame }) => !prompts.has(frame)).map(place),
    putMasks: after.masks.filter((row) => !oldMask(row)),
    removeMasks: before.masks.filter(({ frame }) => !masks.has(frame)).map(place),
    putMarks: after.marks.filter((row) => !oldMark(row)),
    removeMarks: before.marks.filter((row) => !marks.has(markKey(row))),
  };
}

/** What either change puts. */
function both(a: Change, b: Change): Pick<Change, 'putPrompts' | 'putMasks' | 'putMarks'> {
  return {
    putPrompts: [...(a.putPrompts ?? []), ...(b.putPrompts ?? [])],
    putMasks: [...(a.putMasks ?? []), ...(b.putMasks ?? [])],
    putMarks: [...(a.putMarks ?? []), ...(b.putMarks ?? [])],
  };
}
