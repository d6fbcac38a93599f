import { MaskletError } from '../../shared/protocol/errors';
import { emptyRle } from '../masks/rle';
import type { MaskShape } from '../pixels/postprocess';
import type {
  CopyMaskParams,
  EditMaskParams,
  FrameAttributesParams,
  GoldMasksParams,
  InterpolateParams,
  LocalMaskParams,
  MarkParams,
  MaskChanged,
  RemoveMasksParams,
} from '../../shared/edits';
import type { Changed } from '../../shared/protocol/changed';
import type { Editing } from '../../shared/protocol/session';
import { contains } from '../../shared/domain/ranges';
import type { RowPlace } from '../../shared/domain/rows';
import type { FrameIndex, FrameRange } from '../../shared/domain/video';
import type { MaskOperation, MaskRecord, ObjectId } from '../../shared/domain/annotations';
import { displayPixels } from './displayPixels';
import type { EditHandlers } from './editHandlers';
import type { EditingHost } from './editingHost';
import { changeAttributes, changeMark } from '../annotations/marks';
import { editedMask } from '../annotations/maskRecord';
import { checkMayBeGold, inPlaceOf, withGold } from '../annotations/goldMasks';
import { checkNotPrompted, isLocalEdit, withLocal } from '../annotations/localMasks';
import { checkFrame } from '../annotations/prompts';
import { SerialQueue } from './serialQueue';

/** Points of one stroke: far more than a hand gives. */
const MAX_POINTS = 100_000;
const MAX_RADIUS = 4096;
/** Interpolated at once: it bounds what the pixel worker holds, and how long others wait for it. */
const CHUNK = 8;

type Handled =
  | 'mask/edit'
  | 'mask/copy'
  | 'mask/interpolate'
  | 'mask/local'
  | 'mask/gold'
  | 'mask/remove'
  | 'object/mark'
  | 'object/setFrameAttributes';

/** Edits by hand, one after another, so that each stroke starts from what the one before it left. */
export class ManualEdits {
  readonly handlers: Pick<EditHandlers, Handled> = {
    'mask/edit': (params) => this.edit(params),
    'mask/copy': (params) => this.copy(params),
    'mask/interpolate': (params, { signal }) => this.interpolate(params, signal),
    'mask/local': (params) => this.setLocal(params),
    'mask/gold': (params) => this.setGold(params),
    'mask/remove': (params) => this.remove(params),
    'object/mark': (params) => this.mark(params),
    'object/setFrameAttributes': (params) => this.setFrameAttributes(params),
  };

  private readonly queue = new SerialQueue();

  constructor(private readonly host: EditingHost) {}

  /** @throws MaskletError `prompt/invalid`, `object/unknown`, `video/no-such-frame` */
  async edit({ object, frame, operation, local, edit }: EditMaskParams & Editing): Promise<MaskChanged> {
    const { annotations, video } = this.host;
    this.check(object, frame);
    checkOperation(operation);
    return await this.queue.run(async () => {
      for (;;) {
        const before = annotations.mask(object, frame);
        if (!before && operation.kind !== 'brush' && operation.kind !== 'polygon')
          throw noMask(object, frame);
        const mask = before?.mask ?? emptyRle(video.width, video.height);
        const shape = await displayPixels.request('editMask', { mask, operation });
        let done = false;
        const changed = await this.host.commit(() => {
          // Whatever reached this frame meanwhile, the stroke goes on top of it.
          done = annotations.mask(object, frame)?.mask.counts === before?.mask.counts;
          return done ? { putMasks: [this.edited(object, frame, shape, local)] } : {};
        }, edit);
        if (done) return this.withMask(changed, object, frame);
      }
    });
  }

  async copy({ object, from, to, local, edit }: CopyMaskParams & Editing): Promise<MaskChanged> {
    const { annotations, video } = this.host;
    this.check(object, from);
    checkFrame(video, to);
    return await this.queue.run(async () => {
      const changed = await this.host.commit(() => {
        const source = annotations.mask(object, from);
        if (!source) throw noMask(object, from);
        return { putMasks: [this.edited(object, to, source, local)] };
      }, edit);
      return this.withMask(changed, object, to);
    });
  }

  /** Nothing but the flag changes: masks that were made before this one was edited become up to date again. */
  async setLocal({ object, frame, local, edit }: LocalMaskParams & Editing): Promise<MaskChanged> {
    const { annotations } = this.host;
    this.check(object, frame);
    return await this.queue.run(async () => {
      const changed = await this.host.commit(() => {
        const mask = annotations.mask(object, frame);
        if (!mask) throw noMask(object, frame);
        if (local) checkNotPrompted(annotations, object, frame);
        return local === (mask.local === true) ? {} : { putMasks: [withLocal(mask, local)] };
      }, edit);
      return this.withMask(changed, object, frame);
    });
  }

  /** What followed from a mask that becomes a reference becomes stale; one that was propagated or only verified changes nothing. */
  async setGold({ object, frames, gold, edit }: GoldMasksParams & Editing): Promise<Changed> {
    const { annotations } = this.host;
    for (const frame of frames) this.check(object, frame);
    return await this.queue.run(() =>
      this.host.commit(() => {
        if (gold) for (const frame of frames) checkMayBeGold(annotations, object, frame);
        return {
          putMasks: frames.flatMap((frame) => {
            const mask = annotations.mask(object, frame);
            return mask && gold === (mask.gold === undefined) ? [withGold(mask, gold)] : [];
          }),
        };
      }, edit),
    );
  }

  /** Fills the frames between two masks; what is verified, edited, prompted or marked absent stays as it is. */
  async interpolate(
    { object, first, last, edit }: InterpolateParams & Editing,
    signal?: AbortSignal,
  ): Promise<Changed> {
    const { annotations } = this.host;
    this.check(object, first);
    this.check(object, last);
    if (last - first < 2) {
      throw new MaskletError('prompt/invalid', `There is no frame between ${first} and ${last}.`, {
        hint: 'Edit two frames that lie further apart.',
      });
    }
    return await this.queue.run(async () => {
      const [from, to] = [first, last].map((frame) => {
        const mask = annotations.mask(object, frame);
        if (!mask || mask.area === 0) throw noMask(object, frame);
        return mask.mask;
      });
      const free = (frame: FrameIndex): boolean =>
        !annotations.isHeld(object, frame) &&
        !annotations.prompt(object, frame) &&
        !annotations.isMarkedAbsent(object, frame);
      const count = last - first - 1;
      const records: MaskRecord[] = [];
      for (let skip = 0; skip < count; skip += CHUNK) {
        const take = Math.min(CHUNK, count - skip);
        const shapes = await displayPixels.request(
          'interpolate',
          { from, to, count, skip, take },
          { signal },
        );
        shapes.forEach((shape, n) => records.push(this.edited(object, first + 1 + skip + n, shape)));
      }
      return await this.host.commit(() => ({ putMasks: records.filter(({ frame }) => free(frame)) }), edit);
    });
  }

  /** Removes masks and prompts over a range. */
  async remove({ object, range, edit }: RemoveMasksParams & Editing): Promise<Changed> {
    const { annotations } = this.host;
    this.checkRange(object, range);
    return await this.host.commit(() => {
      const within = (rows: readonly RowPlace[]): RowPlace[] =>
        rows.filter(({ frame }) => contains(range, frame)).map(({ frame }) => ({ object, frame }));
      return {
        removeMasks: within(annotations.masksOfObject(object)),
        removePrompts: within(annotations.prompts(object)),
      };
    }, edit);
  }

  /** States something of an object over a range, or takes it back. */
  async mark({ object, kind, range, on = true, edit }: MarkParams & Editing): Promise<Changed> {
    const { annotations } = this.host;
    this.checkRange(object, range);
    return await this.host.commit(() => {
      // What somebody prompted, drew or verified contradicts the mark: that is theirs to settle.
      const guessed =
        kind === 'absent' && on
          ? annotations
              .masksOfObject(object)
              .filter(({ frame }) => contains(range, frame))
              .filter(({ frame }) => !annotations.isHeld(object, frame) && !annotations.prompt(object, frame))
          : [];
      return {
        ...changeMark(annotations.allMarks, object, kind, range, on),
        removeMasks: guessed.map(({ frame }) => ({ object, frame })),
      };
    }, edit);
  }

  /** Says attributes of an object on every frame of a range. */
  async setFrameAttributes(params: FrameAttributesParams & Editing): Promise<Changed> {
    const { object, range, attributes, edit } = params;
    this.checkRange(object, range);
    return await this.host.commit(
      () => ({ ...changeAttributes(this.host.annotations.allMarks, object, range, attributes) }),
      edit,
    );
  }

  private check(object: ObjectId, frame: FrameIndex): void {
    checkFrame(this.host.video, frame);
    this.host.requireObject(object);
    this.host.requireWritable();
  }

  private checkRange(object: ObjectId, { first, last }: FrameRange): void {
    this.check(object, first);
    checkFrame(this.host.video, last);
    if (first > last) throw new MaskletError('input/invalid', `The range ${first}:${last} is empty.`);
  }

  private edited(object: ObjectId, frame: FrameIndex, shape: MaskShape, local?: boolean): MaskRecord {
    const { annotations } = this.host;
    const mask = editedMask({ object, frame, pts: this.host.pts(frame) }, shape);
    const standing = annotations.mask(object, frame);
    if (standing?.gold) return inPlaceOf(standing, mask);
    return withLocal(mask, isLocalEdit(annotations, object, frame, local));
  }

  private withMask(changed: Changed, object: ObjectId, frame: FrameIndex): MaskChanged {
    const mask = this.host.annotations.mask(object, frame);
    if (!mask) throw noMask(object, frame);
    return { ...changed, mask: this.host.annotations.view(mask) };
  }
}

/** @throws MaskletError `prompt/invalid` */
export function checkOperation(operation: MaskOperation): void {
  const fail = (what: string, hint: string): never => {
    throw new MaskletError('prompt/invalid', what, { hint });
  };
  switch (operation.kind) {
    case 'brush':
    case 'polygon': {
      const { points } = operation;
      const least = operation.kind === 'brush' ? 1 : 3;
      if (points.length < least || points.length > MAX_POINTS)
        fail(`A ${operation.kind} of ${points.length} points was given.`, `Give ${least} to ${MAX_POINTS}.`);
      if (!points.every((point) => point.length === 2 && point.every(Number.isFinite)))
        fail('A point of a drawing is not a pair of numbers.', 'Give [x, y] in pixels of the video.');
      if (operation.kind === 'brush' && !(operation.radius > 0 && operation.radius <= MAX_RADIUS))
        fail(
          `The brush has a radius of ${operation.radius} pixels.`,
          `Use one above 0, up to ${MAX_RADIUS}.`,
        );
      return;
    }
    case 'outline': {
      const count = operation.rings.reduce((sum, ring) => sum + ring.length, 0);
      if (
        operation.rings.length === 0 ||
        operation.rings.some((ring) => ring.length < 3) ||
        count > MAX_POINTS
      )
        fail(
          `An outline of ${count} corners was given.`,
          `Give rings of at least 3 corners, ${MAX_POINTS} in all.`,
        );
      if (!operation.rings.flat().every((point) => point.length === 2 && point.every(Number.isFinite)))
        fail('A corner of an outline is not a pair of numbers.', 'Give [x, y] in pixels of the video.');
      return;
    }
    case 'grow':
    case 'shrink':
      if (!(operation.pixels > 0 && operation.pixels <= MAX_RADIUS))
        fail(`A mask cannot ${operation.kind} by ${operation.pixels} pixels.`, `Use 1 to ${MAX_RADIUS}.`);
      return;
    case 'fillHoles':
    case 'removeSpecks':
      if (operation.smallerThan !== undefined && !(operation.smallerThan > 0))
        fail(`Nothing is smaller than ${operation.smallerThan} pixels.`, 'Give an area above 0.');
  }
}

function noMask(object: ObjectId, frame: FrameIndex): MaskletError {
  return new MaskletError('prompt/invalid', `Object ${object} has no mask on frame ${frame}.`, {
    hint: 'Click the object there, draw it, or propagate to that frame first.',
  });
}
