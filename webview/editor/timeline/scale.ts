import type { VideoInfo } from '../../../shared/domain/video';
import type { TimelineScale } from './layout';

/** Room at both ends, for the playhead's own width. */
const PADDING = 12;

/** While a video is being indexed, as many frames as it announces have their place. */
export function scaleOf(
  document: { readonly video: Pick<VideoInfo, 'frameCount' | 'indexing'> },
  width: number,
): TimelineScale {
  const { frameCount: known, indexing } = document.video;
  const frameCount = indexing ? Math.max(known + 1, indexing.expectedFrames ?? 0) : known;
  return { frameCount, known, left: PADDING, width: Math.max(1, width - 2 * PADDING) };
}
