import type { ClipPicture, ClipPictureParams } from '../../shared/protocol/dataset';
import type { FrameIndex } from '../../shared/domain/video';
import type { MaskRecord } from '../../shared/domain/annotations';
import { withClip, type DatasetEnvironment } from '../clips/openedClip';
import { confinement, locate } from '../storage/locations';
import { overlayPicture } from './overlayPictures';

/**
 * A small JPEG of a clip with its masks drawn over it; null where it has none.
 * @throws MaskletError as `withClip`
 */
export async function clipPicture(
  { path, maxDimension, ...options }: ClipPictureParams & { readonly dataDir?: string },
  environment: DatasetEnvironment,
): Promise<ClipPicture | null> {
  return await withClip(
    { path, ...locate(path, options), ...confinement(path, options) },
    environment,
    async (clip) => {
      const { masks } = clip.content;
      const frame = mostTelling(masks);
      if (frame === undefined) return null;
      const picture = await overlayPicture(clip, frame, undefined, maxDimension, environment.signal);
      const drawn = masks.filter((mask) => mask.frame === frame).length;
      return { ...picture, frame, pts: clip.source.pts[frame], masks: drawn };
    },
  );
}

/** The first frame on which the most objects can be seen. */
export function mostTelling(masks: readonly Pick<MaskRecord, 'frame' | 'area'>[]): FrameIndex | undefined {
  const seen = new Map<FrameIndex, number>();
  for (const { frame, area } of masks) if (area > 0) seen.set(frame, (seen.get(frame) ?? 0) + 1);
  const [best] = [...seen].sort(([a, inA], [b, inB]) => inB - inA || a - b);
  return best?.[0];
}
