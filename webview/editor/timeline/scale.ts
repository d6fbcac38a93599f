import type { TimelineScale } from './layout';

/** Room at both ends, for the playhead's own width. */
const PADDING = 12;

export function scaleOf(
  document: { readonly video: { readonly frameCount: number } },
  width: number,
): TimelineScale {
  return { frameCount: document.video.frameCount, left: PADDING, width: Math.max(1, width - 2 * PADDING) };
}
