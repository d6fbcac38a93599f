import type { DocumentState } from '../../../shared/protocol/editor';
import type { FrameIndex } from '../../../shared/domain/video';

/** Seconds from the first frame. */
export function secondsOf({ video, times }: DocumentState, frame: FrameIndex): number {
  return times?.[frame] ?? (video.fps > 0 ? frame / video.fps : 0);
}

/** The frame that is shown at a time, in seconds from the first frame. */
export function frameAtSeconds(document: DocumentState, seconds: number): FrameIndex {
  const { times, video } = document;
  if (!times) return Math.max(0, Math.min(video.frameCount - 1, Math.floor(seconds * video.fps + 1e-6)));
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (times[middle] <= seconds) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** How far the search for the video's frames is; undefined once all are found. */
export function framesWords({ frameCount, indexing }: DocumentState['video']): string | undefined {
  if (!indexing) return undefined;
  const found = frameCount.toLocaleString('en');
  const { expectedFrames = 0 } = indexing;
  return expectedFrames > frameCount
    ? `Finding frames: ${found} of about ${expectedFrames.toLocaleString('en')}`
    : `Finding frames: ${found} so far`;
}

/** `m:ss.mmm`, with hours where there are any. */
export function formatTime(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const rest = `${pad(Math.floor(ms / 1000) % 60, 2)}.${pad(ms % 1000, 3)}`;
  return hours > 0 ? `${hours}:${pad(minutes, 2)}:${rest}` : `${minutes}:${rest}`;
}

/** How long something will take, in words short enough for a toolbar. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
