import { rleMeasure } from '../masks/rle';
import type { FrameIndex } from '../../shared/domain/video';
import type { ImportParams } from '../../shared/protocol/dataset';
import type { MarkRecord, MaskRecord, ObjectId } from '../../shared/domain/annotations';
import type { Annotations } from '../annotations/annotations';
import { editedMask } from '../annotations/maskRecord';
import type { ImportedClip, ImportedMask, ImportedTrack } from './api';
import { importModel, type ImportOrigin } from './objectIdentity';
import { chunks, marksOf, Plan, type ImportPlan, type ImportTarget } from './plan';

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
  const plan = new Plan(imported, params, annotations, path);
  const records: MaskRecord[] = [];
  const marks: MarkRecord[] = [];
  const removed: { object: ObjectId; frame: FrameIndex }[] = [];
  const taken = new Set<ObjectId>();

  for (const track of imported.tracks) {
    const object = plan.objectOf(track);
    const { id, label, before } = object;
    const maskOn = (frame: FrameIndex): MaskRecord | undefined => annotations.mask(id, frame);
    const sorted = plan.sort(
      track.masks,
      ({ frame }) => isKept(maskOn(frame)),
      ({ frame, mask }) => {
        const here = maskOn(frame);
        return here !== undefined && here.mask.counts !== mask.counts;
      },
    );
    const dropped = plan.replaces ? leftOver(track, id, annotations, plan.origin) : [];
    const replaced = [...sorted.replaced, ...dropped];
    plan.report(
      object,
      { ...sorted, replaced },
      'masks on frames that are verified or gold here, which stay',
    );
    for (const frame of dropped) removed.push({ object: id, frame });
    if (sorted.taken.length === 0 && !before) {
      plan.skipped.push({
        reason: 'objects without a mask',
        count: 1,
        example: `"${label}" (${track.key})`,
      });
      continue;
    }
    plan.put(object, track, sorted.taken.length > 0);
    for (const { frame, mask } of sorted.taken)
      records.push(recordOf(id, frame, mask, pts[frame], plan.origin));
    const isFree = (frame: FrameIndex): boolean =>
      !isKept(maskOn(frame)) && (plan.replaces || !maskOn(frame));
    const absent = track.absent.filter(isFree);
    for (const frame of absent) if (maskOn(frame)) removed.push({ object: id, frame });
    marks.push(...marksOf(id, absent, track.occluded));
    plan.objects.push({
      id,
      label,
      masks: sorted.taken.length,
      prompts: 0,
      known: before !== undefined || taken.has(id),
    });
    taken.add(id);
  }
  if (records.length === 0) throw plan.nothingLeft('masks are here in another form and stay');
  return {
    changes: [
      { putObjects: plan.putObjects, removeMasks: removed, putMarks: marks },
      ...chunks(records).map((putMasks) => ({ putMasks })),
    ],
    drawn: firstFrameOf(records),
    colors: plan.colors,
    result: {
      ...plan.result,
      as: 'masks',
      frames: new Set(records.map(({ frame }) => frame)).size,
      masks: records.length,
      prompts: 0,
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
