import type { FrameIndex } from '../../../shared/domain/video';
import type { MaskView } from '../../../shared/domain/annotations';
import type { HostClient } from '../host/hostClient';
import { LatestLoader } from '../host/latestLoader';
import type { FrameMasks } from './frameMasks';

/** Masks are asked for again where they changed while the answer was under way; a propagation must not keep it up. */
const MAX_TRIES = 3;
const AHEAD = [1, -1, 2];

/** Fetches the masks of the frame that is looked at, and of its neighbours. */
export class MaskLoading {
  private readonly loader: LatestLoader<FrameIndex, readonly MaskView[]>;

  constructor(host: HostClient, masks: FrameMasks, failed: (error: unknown) => void) {
    this.loader = new LatestLoader<FrameIndex, readonly MaskView[]>({
      keyOf: String,
      has: (frame) => masks.isComplete(frame),
      keepRunning: 0,
      load: async (frame, signal) => {
        for (let tries = 1; ; tries++) {
          const version = masks.versionOf(frame);
          const answer = await host.request('frame/masks', { frame }, signal);
          if (masks.versionOf(frame) === version || tries === MAX_TRIES) return answer;
        }
      },
      loaded: (frame, answer) => masks.set(frame, answer),
      failed: (_, error) => failed(error),
    });
  }

  want(frame: FrameIndex, frameCount: number): void {
    const ahead = AHEAD.map((steps) => frame + steps).filter((near) => near >= 0 && near < frameCount);
    this.loader.want(frame, ahead);
  }

  again(): void {
    this.loader.again();
  }
}
