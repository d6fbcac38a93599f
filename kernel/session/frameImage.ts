import type { FrameImageParams, FrameImageResult } from '../../shared/protocol/session';
import type { RgbFrame } from '../video/api';
import { displayPixels } from './displayPixels';

/** A frame as it is sent to a client: the exact RGB, or a picture of at most `limit` pixels on its longest side. */
export async function frameImage(
  frame: RgbFrame,
  params: FrameImageParams,
  limit: number,
): Promise<FrameImageResult> {
  const { index, pts, width, height } = frame;
  // A copy, for shared memory does not cross processes.
  if (params.format === 'rgb') return { frame: index, pts, width, height, data: Uint8Array.from(frame.data) };
  const longest = Math.max(width, height);
  const maxDimension = params.maxDimension ?? (limit > 0 ? Math.min(limit, longest) : longest);
  const {
    data,
    width: w,
    height: h,
  } = await displayPixels.request('encodeImage', {
    data: frame.data,
    width,
    height,
    format: params.format,
    maxDimension,
  });
  return { frame: index, pts, width: w, height: h, data };
}
