import type { RleMask } from '../../shared/domain/annotations';
import type { FrameIndex, VideoInfo } from '../../shared/domain/video';
import type { AuditItem } from '../../shared/protocol/audit';
import type { ImportFormat } from '../../shared/formats';
import { clipName } from '../clips/findClips';
import type { ImportedTrack } from '../import/api';
import { readImport } from '../import/readImport';
import { emptyRle, rleIou } from '../masks/rle';

/** A mask that was drawn and is still what it was. */
export interface DrawnMask {
  readonly item: AuditItem;
  readonly mask: RleMask;
}

/**
 * The IoU of each mask with that of the same object in a source of another tool or a benchmark's ground truth; null where the
 * source says nothing of the frame. Objects are found again by label where that is clear on both sides, else those with the largest
 * overlap belong together, each track to one object. An object that has no track is one that should not be there.
 * @throws MaskletError as `readImport`
 */
export async function compareWithReference(
  drawn: readonly DrawnMask[],
  video: VideoInfo,
  { from, format }: { readonly from: string; readonly format: ImportFormat },
  signal: AbortSignal,
): Promise<(number | null)[]> {
  const { path, width, height, frameCount } = video;
  const { tracks } = await readImport(format, {
    from,
    name: clipName(path),
    video: { path, width, height, frameCount },
    signal,
  });
  const masks = new Map(
    tracks.map((track) => [track, new Map(track.masks.map((one) => [one.frame, one.mask]))]),
  );
  const described = new Set(
    tracks.flatMap((track) => [...track.masks.map(({ frame }) => frame), ...track.absent]),
  );
  const trackOf = matchTracks(drawn, tracks, (track, frame) => masks.get(track)?.get(frame));
  return drawn.map(({ item, mask }) => {
    if (!described.has(item.frame)) return null;
    const track = trackOf.get(item.object);
    const truth = track && masks.get(track)?.get(item.frame);
    return rleIou(mask, truth ?? emptyRle(width, height));
  });
}

function matchTracks(
  drawn: readonly DrawnMask[],
  tracks: readonly ImportedTrack[],
  maskOf: (track: ImportedTrack, frame: FrameIndex) => RleMask | undefined,
): Map<string, ImportedTrack> {
  const objects = new Map(drawn.map(({ item }) => [item.object, item.label]));
  const matched = new Map<string, ImportedTrack>();
  const left = new Set(tracks);
  const take = (object: string, track: ImportedTrack): void => {
    matched.set(object, track);
    left.delete(track);
  };
  for (const [object, label] of objects) {
    const same = tracks.filter((track) => track.id === object || track.label === label);
    const others = [...objects].filter(([, other]) => other === label);
    if (same.length === 1 && others.length === 1 && left.has(same[0])) take(object, same[0]);
  }
  const pairs = [...objects.keys()].flatMap((object) =>
    [...left].map((track) => {
      const overlaps = drawn.map(({ item, mask }) => {
        const truth = item.object === object ? maskOf(track, item.frame) : undefined;
        return truth ? rleIou(mask, truth) : 0;
      });
      return { object, track, overlap: overlaps.reduce((sum, iou) => sum + iou, 0) };
    }),
  );
  for (const { object, track, overlap } of pairs.sort((a, b) => b.overlap - a.overlap)) {
    if (overlap > 0 && !matched.has(object) && left.has(track)) take(object, track);
  }
  return matched;
}
