import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportRow } from '../../shared/formats';
import { flatten } from '../export/flatten';
import { runExport, type ExportEnvironment } from '../export/runExport';
import type { Capabilities } from '../../shared/formats';
import type { ExportClip, ExportMask, ExportObject } from '../export/api';
import type { ImportedClip, ImportedTrack } from '../import/api';
import { readImport } from '../import/readImport';
import { encodeRle, rleArea, rleIou } from '../masks/rle';
import type { FrameIndex } from '../../shared/domain/video';
import type { RleMask } from '../../shared/domain/annotations';
import type { RoundTripClip, RoundTripParams, RoundTripResult } from '../../shared/protocol/dataset';

/** More would make a report that nobody reads. */
const DIFFERENCES_KEPT = 20;

/**
 * Exports clips to a temporary folder, reads them back and compares. What the format is known not to hold is no
 * difference.
 */
export async function roundTrip(
  params: RoundTripParams,
  environment: ExportEnvironment,
): Promise<RoundTripResult> {
  const folder = await mkdtemp(join(tmpdir(), 'masklet-roundtrip-'));
  try {
    const clips: RoundTripClip[] = [];
    const out = join(folder, 'export');
    const written: Sent[] = [];
    const { warnings } = await runExport(
      { ...params, out, images: 'none' },
      { ...environment, onClip: (clip) => written.push(expectedOf(clip, exportRow(params.format).holds)) },
    );
    for (const clip of written) {
      const { path, name, width, height, frameCount } = clip;
      const source = {
        from: out,
        name,
        video: { path, width, height, frameCount },
        signal: environment.signal,
      };
      // A clip without a single mask leaves nothing to read in some formats.
      const imported = clip.masks > 0 ? await readImport(params.format, source) : NOTHING;
      clips.push(compare(clip, imported, exportRow(params.format).holds));
    }
    return { format: params.format, clips, warnings };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const NOTHING: ImportedClip = { tracks: [], sha256: '', counting: '', notes: [], skipped: [] };

/** What is expected to come back. */
export interface Sent {
  readonly path: string;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly frameCount: number;
  readonly frames: readonly FrameIndex[];
  readonly masks: number;
  readonly objects: readonly SentObject[];
}

interface SentObject {
  readonly object: ExportObject;
  readonly masks: ReadonlyMap<FrameIndex, RleMask>;
  readonly absent: ReadonlySet<FrameIndex>;
  readonly occluded: ReadonlySet<FrameIndex>;
}

/** What is to come back of a clip. */
export function expectedOf(clip: ExportClip, holds: Capabilities): Sent {
  const { width, height, frameCount } = clip.video;
  const masks = clip.objects.map(() => new Map<FrameIndex, RleMask>());
  const occluded = clip.objects.map(() => new Set<FrameIndex>());
  for (const frame of clip.frames) {
    const own = clip.masks(frame);
    for (const mask of own) {
      const rle = holds.overlaps ? mask.record.mask : visiblePart(mask, own, width, height);
      if (rleArea(rle) === 0) continue;
      masks[mask.object.number - 1].set(frame, rle);
      if (mask.occluded) occluded[mask.object.number - 1].add(frame);
    }
  }
  return {
    path: clip.path,
    name: clip.name,
    width,
    height,
    frameCount,
    frames: clip.frames,
    masks: masks.reduce((sum, { size }) => sum + size, 0),
    objects: clip.objects.map((object, n) => ({
      object,
      masks: masks[n],
      absent: new Set(clip.frames.filter((frame) => clip.absent(frame).includes(object))),
      occluded: occluded[n],
    })),
  };
}

function visiblePart(
  { object }: ExportMask,
  all: readonly ExportMask[],
  width: number,
  height: number,
): RleMask {
  const { labels } = flatten(all, width, height);
  return encodeRle(
    Uint8Array.from(labels, (number) => (number === object.number ? 1 : 0)),
    width,
    height,
  );
}

/** Compares object by object, those that have masks in the order of their numbers. */
export function compare(sent: Sent, imported: ImportedClip, holds: Capabilities): RoundTripClip {
  const differences: string[] = [];
  const differ = (message: string): void => {
    if (differences.length < DIFFERENCES_KEPT) differences.push(message);
  };
  let lowestIou = 1;
  const back = new Set(imported.tracks);
  for (const expected of sent.objects) {
    const { object } = expected;
    const found = matching(expected, back);
    if (!found) {
      if (expected.masks.size > 0) {
        differ(`object ${object.number} "${object.label}" did not come back`);
        lowestIou = 0;
      }
      continue;
    }
    back.delete(found);
    if (found.label !== object.label) {
      differ(`object ${object.number} is called "${found.label ?? ''}", not "${object.label}"`);
    }
    lowestIou = Math.min(lowestIou, compareMasks(expected, found, differ));
    if (holds.absence) compareFrames('absent', expected, expected.absent, found.absent, differ);
    if (holds.occlusion) compareFrames('occluded', expected, expected.occluded, found.occluded, differ);
  }
  for (const track of back) {
    if (track.masks.length > 0) differ(`"${track.label ?? track.key}" came back, but was never exported`);
  }
  return { path: sent.path, frames: sent.frames.length, masks: sent.masks, lowestIou, differences };
}

/** By its id where it has one, else by label and first mask. */
function matching(
  { object, masks }: SentObject,
  tracks: ReadonlySet<ImportedTrack>,
): ImportedTrack | undefined {
  const candidates = [...tracks];
  const byId = candidates.find(({ id }) => id === object.id);
  if (byId) return byId;
  const agreement = (track: ImportedTrack): number =>
    track.masks.filter(({ frame, mask }) => masks.get(frame)?.counts === mask.counts).length +
    (track.label === object.label ? 0.5 : 0);
  const best = candidates
    .filter(({ id }) => id === undefined)
    .map((track) => ({ track, agreement: agreement(track) }))
    .filter((candidate) => candidate.agreement > 0 && (masks.size > 0 || candidate.track.masks.length === 0))
    .sort((a, b) => b.agreement - a.agreement);
  return best.at(0)?.track;
}

function compareMasks(
  { object, masks }: SentObject,
  found: ImportedTrack,
  differ: (message: string) => void,
): number {
  let lowest = 1;
  const back = new Map(found.masks.map(({ frame, mask }) => [frame, mask]));
  for (const frame of new Set([...masks.keys(), ...back.keys()])) {
    const [went, came] = [masks.get(frame), back.get(frame)];
    const iou = went && came ? rleIou(went, came) : 0;
    if (iou < 1) differ(`object ${object.number} on frame ${frame}: IoU ${iou.toFixed(4)}`);
    lowest = Math.min(lowest, iou);
  }
  return lowest;
}

function compareFrames(
  what: string,
  { object }: SentObject,
  went: ReadonlySet<FrameIndex>,
  came: readonly FrameIndex[],
  differ: (message: string) => void,
): void {
  const back = new Set(came);
  const different = [...went, ...back].filter((frame) => went.has(frame) !== back.has(frame));
  if (different.length > 0) differ(`object ${object.number} is ${what} otherwise on frame ${different[0]}`);
}
