import type { VideoInfo } from '../../shared/domain/video';

/** Where a video has one frame, or its times say nothing. */
const DEFAULT_RATE = 25;

/** Frames a second of a video made of every `step`-th frame, so that it lasts as long; frames picked otherwise keep the rate. */
export function frameRate({ fps }: VideoInfo, step = 1): number {
  return (fps > 0 ? fps : DEFAULT_RATE) / step;
}
