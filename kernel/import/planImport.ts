import { MaskletError } from '../../shared/protocol/errors';
import { rleMeasure } from '../masks/rle';
import type { EarlierMasks, SkippedParts } from '../../shared/protocol/dataset';
import type { FrameIndex } from '../../shared/domain/video';
import type { ImportParams, ImportResult, ImportedObject } from '../../shared/protocol/dataset';
import type { MarkRecord, MaskRecord, ObjectId } from '../../shared/domain/annotations';
import { objectColor } from '../render/colors';
import { toRanges, type Annotations } from '../annotations/annotations';
import { editedMask } from '../annotations/maskRecord';
import type { DrawnMask } from '../render/overlay';
import type { Change } from '../storage/api';
import type { ImportedClip, ImportedMask, ImportedTrack } from './api';
import { importModel, objectIdOf, type ImportOrigin, type KnownObjects } from './objectIdentity';

/** Rows written at one time: others get their turn between. */
const ROWS_AT_ONCE = 500;
export const DEFAULT_LABEL = 'object';

/** What an import comes to: the changes to make, one after the other, and the report. */
export interface ImportPlan {
  readonly changes: readonly Change[];
  readonly result: ImportResult;
  /** What the first frame will show, for a look before. */
  readonly drawn: { readonly frame: FrameIndex; readonly masks: readonly DrawnMask[] };
  readonly colors: ReadonlyMap<ObjectId, string>;
}

/** The video that an import is for. */
export interface ImportTarget {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly pts: readonly number[];
}

/**
 * Decides which object each imported track is, and what becomes of the masks that are here: verified ones stay; others that
 * differ stay, too, unless they are to be replaced. The same source makes the same objects, however often it is imported.
 * Objects that would have no mask are not made.
 * @throws MaskletError `import/malformed` where nothing would be imported.
 */
export function planImport(
  imported: ImportedClip,
  params: ImportParams,
  annotations: Annotations,
  { path, pts }: ImportTarget,
): ImportPlan {
  const origin: ImportOrigin = { ...params, video: path, sha256: imported.sha256 };
  const known = knownObjects(annotations);
  const objects: ImportedObject[] = [];
  const records: MaskRecord[] = [];
  const marks: MarkRecord[] = [];
  const removed: { object: ObjectId; frame: FrameIndex }[] = [];
  const skipped: SkippedParts[] = [...imported.skipped];
  const replaced: EarlierMasks[] = [];
  const kept: EarlierMasks[] = [];
  const colors = new Map<ObjectId, string>();
  const putObjects: NonNullable<Change['putObjects']>[number][] = [];
  const taken = new Set<ObjectId>();

  for (const track of imported.tracks) {
    const id = objectIdOf(track, origin, known);
    const before = annotations.objects.get(id);
    const given = track.label ?? params.label;
    const label =
      (params.replace === true ? given : (before?.label ?? given)) ?? before?.label ?? DEFAULT_LABEL;
    const sorted = sortMasks(track, id, annotations, params.replace === true);
    if (sorted.verified.length > 0) {
      const [frame] = sorted.verified;
      const reason = 'masks on frames that are verified or gold here, which stay';
      skipped.push({ reason, count: sorted.verified.length, example: `frame ${frame} of "${label}"` });
    }
    const earlier = (frames: readonly FrameIndex[]): EarlierMasks[] =>
      frames.length === 0 ? [] : [{ object: id, label, masks: frames.length, frame: frames[0] }];
    kept.push(...earlier(sorted.kept));
    const dropped = params.replace === true ? leftOver(track, id, annotations, origin) : [];
    replaced.push(...earlier([...sorted.replaced, ...dropped]));
    for (const frame of dropped) removed.push({ object: id, frame });
    if (sorted.taken.length === 0 && !before) {
      skipped.push({ reason: 'objects without a mask', count: 1, example: `"${label}" (${track.key})` });
      continue;
    }
    const color = before?.color ?? colorOf(track, annotations.objects.size + objects.length);
    colors.set(id, color);
    if (sorted.taken.length > 0 || !before) {
      const order = before ? before.order : annotations.nextOrder + objects.length;
      const attributes = before?.attributes ?? {};
      putObjects.push({ id, label, color, attributes, ...(order === undefined ? {} : { order }) });
    }
    for (const { frame, mask } of sorted.taken) records.push(recordOf(id, frame, mask, pts[frame], origin));
    const isFree = (frame: FrameIndex): boolean =>
      !isKept(annotations.mask(id, frame)) && (params.replace === true || !annotations.mask(id, frame));
    const absent = track.absent.filter(isFree);
    for (const frame of absent) if (annotations.mask(id, frame)) removed.push({ object: id, frame });
    for (const range of toRanges(absent)) marks.push({ object: id, kind: 'absent', ...range });
    for (const range of toRanges(track.occluded)) marks.push({ object: id, kind: 'occluded', ...range });
    objects.push({
      id,
      label,
      masks: sorted.taken.length,
      prompts: 0,
      known: before !== undefined || taken.has(id),
    });
    taken.add(id);
  }
  if (records.length === 0) throw nothingLeft(params, kept, skipped);
  return {
    changes: [
      { putObjects, removeMasks: removed, putMarks: marks },
      ...chunks(records).map((putMasks) => ({ putMasks })),
    ],
    drawn: firstFrameOf(records),
    colors,
    result: {
      source: params.from,
      as: 'masks',
      objects,
      frames: new Set(records.map(({ frame }) => frame)).size,
      masks: records.length,
      prompts: 0,
      counting: imported.counting,
      notes: imported.notes,
      skipped,
      replaced,
      kept,
      dryRun: params.dryRun === true,
    },
  };
}

function firstFrameOf(masks: readonly MaskRecord[]): ImportPlan['drawn'] {
  const frame = masks.reduce((first, mask) => Math.min(first, mask.frame), Infinity);
  return { frame, masks: masks.filter((mask) => mask.frame === frame) };
}

/** True for what no import takes the place of: a mask that somebody verified, or made a reference. */
function isKept(mask: MaskRecord | undefined): boolean {
  return mask !== undefined && (mask.verified || mask.gold !== undefined);
}

interface SortedMasks {
  readonly taken: readonly ImportedMask[];
  /** Frames of `taken` on which another mask was before. */
  readonly replaced: readonly FrameIndex[];
  readonly kept: readonly FrameIndex[];
  readonly verified: readonly FrameIndex[];
}

function sortMasks(
  track: ImportedTrack,
  id: ObjectId,
  annotations: Annotations,
  replace: boolean,
): SortedMasks {
  const taken: ImportedMask[] = [];
  const replaced: FrameIndex[] = [];
  const kept: FrameIndex[] = [];
  const verified: FrameIndex[] = [];
  for (const mask of track.masks) {
    const before = annotations.mask(id, mask.frame);
    const differs = before !== undefined && before.mask.counts !== mask.mask.counts;
    if (isKept(before)) verified.push(mask.frame);
    else if (differs && !replace) kept.push(mask.frame);
    else {
      taken.push(mask);
      if (differs) replaced.push(mask.frame);
    }
  }
  return { taken, replaced, kept, verified };
}

/** Frames with masks of an earlier import of the object that this one no longer has. */
function leftOver(
  track: ImportedTrack,
  id: ObjectId,
  annotations: Annotations,
  { format }: ImportOrigin,
): FrameIndex[] {
  const here = new Set([...track.masks.map(({ frame }) => frame), ...track.absent]);
  return annotations
    .masksOfObject(id)
    .filter(
      (mask) => !here.has(mask.frame) && !isKept(mask) && mask.provenance?.model === importModel(format),
    )
    .map(({ frame }) => frame);
}

export function knownObjects(annotations: Annotations): KnownObjects {
  const masks = new Map<ObjectId, readonly MaskRecord[]>();
  return {
    ids: [...annotations.objects.keys()],
    has: (id) => annotations.objects.has(id),
    masksOf: (id) => {
      let found = masks.get(id);
      if (!found) masks.set(id, (found = annotations.masksOfObject(id)));
      return found;
    },
  };
}

function recordOf(
  object: ObjectId,
  frame: FrameIndex,
  mask: ImportedMask['mask'],
  pts: number,
  { format, sha256 }: ImportOrigin,
): MaskRecord {
  const { area, box } = rleMeasure(mask);
  const provenance = { model: importModel(format), modelSha256: sha256, revision: 'import' };
  return editedMask({ object, frame, pts }, { mask, area, bbox: box }, provenance);
}

function nothingLeft(
  { from }: ImportParams,
  kept: readonly EarlierMasks[],
  skipped: readonly SkippedParts[],
): MaskletError {
  const here = kept.reduce((sum, { masks }) => sum + masks, 0);
  const why = [
    ...(here > 0 ? [`${here} masks are here in another form and stay`] : []),
    ...skipped.map(({ reason, count }) => `${count} skipped: ${reason}`),
  ].join('; ');
  return new MaskletError('import/malformed', `Nothing was imported from ${from}: ${why}.`, {
    ...(here > 0 ? { hint: 'With --replace (in VS Code: Change..., Replace) they are replaced.' } : {}),
  });
}

export function colorOf({ color }: ImportedTrack, n: number): string {
  return color !== undefined && /^#[0-9a-f]{6}$/i.test(color) ? color : objectColor(n);
}

export function chunks<T>(rows: readonly T[]): T[][] {
  const parts: T[][] = [];
  for (let i = 0; i < rows.length; i += ROWS_AT_ONCE) parts.push(rows.slice(i, i + ROWS_AT_ONCE));
  return parts;
}
