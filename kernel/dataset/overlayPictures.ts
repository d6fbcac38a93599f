import { isCancelled, toErrorData } from '../../shared/protocol/errors';
import { encodeImage } from '../pixels/encodeImage';
import { copyOf, drawMasks, overlayStyle } from '../render/overlay';
import type { OverlayPicture, OverlayPicturesParams } from '../../shared/protocol/dataset';
import { withClip, type DatasetEnvironment, type OpenedClip } from '../clips/openedClip';
import { confinement, locate } from '../storage/locations';

/**
 * Frames with their masks, as small JPEG pictures, each handed on as it is done. Clips are opened once; a clip or frame that
 * cannot be shown fails its own pictures, not those of others.
 * @throws MaskletError `cancelled`
 */
export async function overlayPictures(
  { frames, maxDimension, ...options }: OverlayPicturesParams,
  environment: DatasetEnvironment,
  onPicture: (picture: OverlayPicture) => void,
): Promise<void> {
  const byClip = new Map<string, number[]>();
  for (const [index, { path }] of frames.entries()) byClip.set(path, [...(byClip.get(path) ?? []), index]);
  for (const [path, indices] of byClip) {
    const left = new Set(indices);
    const failRest = (error: unknown): void => {
      if (isCancelled(error)) throw error;
      for (const index of left) onPicture({ index, error: toErrorData(error) });
    };
    try {
      const place = { path, ...locate(path, options), ...confinement(path, options) };
      await withClip(place, environment, async (clip) => {
        // In the order of the clip, which is the fastest to decode.
        for (const index of indices.toSorted((a, b) => frames[a].frame - frames[b].frame)) {
          try {
            const { frame, object } = frames[index];
            onPicture({
              index,
              ...(await overlayPicture(clip, frame, object, maxDimension, environment.signal)),
            });
          } catch (error) {
            if (isCancelled(error)) throw error;
            onPicture({ index, error: toErrorData(error) });
          }
          left.delete(index);
        }
      });
    } catch (error) {
      failRest(error);
    }
  }
}

/** One frame of an opened clip with its masks drawn over it. @throws MaskletError as the video's source, `cancelled` */
export async function overlayPicture(
  { source, content }: OpenedClip,
  frame: number,
  object: string | undefined,
  maxDimension: number,
  signal: AbortSignal,
): Promise<{ data: Uint8Array; width: number; height: number }> {
  const canvas = copyOf(await source.frame(frame, signal));
  const { width, height } = canvas;
  const masks = content.masks.filter(
    (mask) => mask.frame === frame && (object === undefined || mask.object === object),
  );
  const shrink = Math.max(width, height) / maxDimension;
  drawMasks(canvas, masks, content.objects, overlayStyle(width, height, shrink));
  return await encodeImage(canvas, 'jpeg', maxDimension);
}
