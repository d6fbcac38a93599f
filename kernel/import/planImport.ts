import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { rleMeasure } from '../masks/rle';
import type { FrameIndex } from '../../shared/domain/video';
import type { ImportParams, ImportResult, ImportedObject } from '../../shared/protocol/dataset';
import type { MarkRecord, MaskRecord, ObjectId } from '../../shared/domain/annotations';
import { objectColor } from '../render/colors';
import { toRanges, type Annotations } from '../annotations/annotations';
import { editedMask } from '../annotations/maskRecord';
import type { Change } from '../storage/api';
import { OBJECT_ID } from '../storage/sidecar/layout';
import type { ImportedClip, ImportedTrack } from './api';

/** Rows written at one time: others get their turn between. */
const ROWS_AT_ONCE = 500;
const DEFAULT_LABEL = 'object';

/** What an import comes to: the changes to make, one after the other, and the report. */
export interface ImportPlan {
  readonly changes: readonly Change[];
  readonly result: ImportResult;
}

/**
 * Decides which object each imported track is, and what becomes of what is there: verified masks stay, the others on the
 * same frames are replaced. The same source makes the same objects, however often it is imported.
 */
export function planImport(
  imported: ImportedClip,
  params: ImportParams,
  annotations: Annotations,
  pts: readonly number[],
): ImportPlan {
  const objects: ImportedObject[] = [];
  const records: MaskRecord[] = [];
  const marks: MarkRecord[] = [];
  const removed: { object: ObjectId; frame: FrameIndex }[] = [];
  const skipped = [...imported.skipped];
  const frames = new Set<FrameIndex>();
  const provenance = { model: `import:${params.format}`, modelSha256: imported.sha256, revision: 'import' };
  const change: { putObjects: NonNullable<Change['putObjects']>[number][] } = { putObjects: [] };

  for (const track of imported.tracks) {
    const id = idOf(track, params);
    const known = annotations.objects.get(id);
    const label = track.label ?? params.label ?? known?.label ?? DEFAULT_LABEL;
    const color = known?.color ?? colorOf(track, annotations.objects.size + objects.length);
    const order = known ? known.order : annotations.nextOrder + objects.length;
    const attributes = known?.attributes ?? {};
    change.putObjects.push({ id, label, color, attributes, ...(order === undefined ? {} : { order }) });
    const isVerified = (frame: FrameIndex): boolean => annotations.mask(id, frame)?.verified ?? false;
    const taken = track.masks.filter(({ frame }) => !isVerified(frame));
    if (taken.length < track.masks.length) {
      skipped.push(`"${label}": ${track.masks.length - taken.length} frames are verified here and stay.`);
    }
    for (const { frame, mask } of taken) {
      const { area, box } = rleMeasure(mask);
      frames.add(frame);
      records.push(editedMask({ object: id, frame, pts: pts[frame] }, { mask, area, bbox: box }, provenance));
    }
    const absent = track.absent.filter((frame) => !isVerified(frame));
    for (const frame of absent) if (annotations.mask(id, frame)) removed.push({ object: id, frame });
    for (const range of toRanges(absent)) marks.push({ object: id, kind: 'absent', ...range });
    for (const range of toRanges(track.occluded)) marks.push({ object: id, kind: 'occluded', ...range });
    objects.push({ id, label, masks: taken.length, known: known !== undefined });
  }
  return {
    changes: [
      { ...change, removeMasks: removed, putMarks: marks },
      ...chunks(records).map((putMasks) => ({ putMasks })),
    ],
    result: {
      source: params.from,
      objects,
      frames: frames.size,
      masks: records.length,
      notes: imported.notes,
      skipped,
    },
  };
}

/** The id that the object had, else one that follows from where it comes from. */
function idOf({ id, key }: ImportedTrack, { format, from, name }: ImportParams): ObjectId {
  if (id !== undefined && OBJECT_ID.test(id)) return id;
  const origin = JSON.stringify([format, basename(from), name ?? '', key]);
  return createHash('sha256').update(origin).digest('hex').slice(0, 8);
}

function colorOf({ color }: ImportedTrack, n: number): string {
  return color !== undefined && /^#[0-9a-f]{6}$/i.test(color) ? color : objectColor(n);
}

function chunks<T>(rows: readonly T[]): T[][] {
  const parts: T[][] = [];
  for (let i = 0; i < rows.length; i += ROWS_AT_ONCE) parts.push(rows.slice(i, i + ROWS_AT_ONCE));
  return parts;
}
