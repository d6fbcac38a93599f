import type { FrameIndex, FrameRange } from './video';

/** Ranges of frames include both ends. */
export function contains({ first, last }: FrameRange, frame: FrameIndex): boolean {
  return first <= frame && frame <= last;
}
