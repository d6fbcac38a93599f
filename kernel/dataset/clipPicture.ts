import { encodeImage } from '../pixels/encodeImage';
import type { ClipPicture, ClipPictureParams, FrameIndex, MaskRecord } from '../protocol';
import { copyOf, drawMasks, overlayStyle } from '../render/overlay';
import { locate } from '../session/locations';
import { withClip, type DatasetEnvironment } from './openedClip';

/**
 * A small JPEG of a clip with its masks drawn over it; null where it has none.
 * @throws MaskletError as `withClip`
 */
export async function clipPicture(
  { path, maxDimension, ...options }: ClipPictureParams & { readonly dataDir?: string },
  environment: DatasetEnvironment,
): Promise<ClipPicture | null> {
  return await withClip({ path, ...locate(path, options) }, environment, async ({ source, content }) => {
    const frame = mostTelling(content.masks);
    if (frame === undefined) return null;
    const rgb = await source.frame(frame, environment.signal);
    const masks = content.masks.filter((mask) => mask.frame === frame);
    const canvas = copyOf(rgb);
    const style = overlayStyle(rgb.width, rgb.height, Math.max(rgb.width, rgb.height) / maxDimension);
    drawMasks(canvas, masks, content.objects, style);
    const { data, width, height } = await encodeImage(canvas, 'jpeg', maxDimension);
    return { frame, pts: rgb.pts, width, height, data, masks: masks.length };
  });
}

/** The first frame on which the most objects can be seen. */
export function mostTelling(masks: readonly Pick<MaskRecord, 'frame' | 'area'>[]): FrameIndex | undefined {
  const seen = new Map<FrameIndex, number>();
  for (const { frame, area } of masks) if (area > 0) seen.set(frame, (seen.get(frame) ?? 0) + 1);
  const [best] = [...seen].sort(([a, inA], [b, inB]) => inB - inA || a - b);
  return best?.[0];
}
