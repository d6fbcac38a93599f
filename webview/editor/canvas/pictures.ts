import { signal } from '@preact/signals';
import type { FrameIndex } from '../../../shared/domain/video';
import type { HostRequests } from '../../../shared/protocol/editor';
import { LatestLoader } from '../host/latestLoader';
import { PictureCache, type PictureRequest } from './pictureCache';

const MAX_BYTES = 256 * 1024 * 1024;
/** Neighbours fetched ahead, in steps the way the user is going. */
const AHEAD = [1, 2, -1, 3, 4];
/** While it plays, the next second or so, and so many under way that decoder, encoder and page work at the same time. */
const AHEAD_PLAYING = Array.from({ length: 24 }, (_, n) => n + 1);
const PLAYING_AT_ONCE = 3;
/** Exact pictures are large: only the next ones. */
const AHEAD_LOSSLESS = [1, -1];

/** The pictures of frames, from the host to the canvas. */
export class Pictures {
  /** Grows with every picture that arrives. */
  readonly revision = signal(0);
  private readonly cache = new PictureCache<ImageBitmap>(MAX_BYTES);
  private readonly loader: LatestLoader<PictureRequest, ImageBitmap>;
  private wanted: PictureRequest | undefined;
  private towards: 1 | -1 = 1;
  private shown: FrameIndex | undefined;
  private newest: FrameIndex | undefined;

  /**
   * @param ask asks the host for a picture.
   * @param failed told why the frame that is wanted does not come.
   */
  constructor(
    ask: (request: PictureRequest, signal: AbortSignal) => Promise<HostRequests['frame/image'][1]>,
    failed: (error: unknown, frame: FrameIndex) => void,
  ) {
    this.loader = new LatestLoader({
      keyOf: ({ frame, maxDimension, lossless }) => `${frame}/${maxDimension}/${lossless}`,
      has: (request) => this.cache.has(request),
      keepRunning: 1,
      load: async (request, signal) => {
        const { data, mime } = await ask(request, signal);
        return createImageBitmap(new Blob([data as Uint8Array<ArrayBuffer>], { type: mime }), {
          colorSpaceConversion: 'none',
        });
      },
      loaded: (request, bitmap) => {
        const { wanted } = this;
        // What was fetched ahead is not to be seen yet; what was wanted a moment ago is better than nothing.
        if (wanted && !this.cache.get(wanted.frame)) this.newest = request.frame;
        this.cache.put(request, bitmap, this.shown);
        this.revision.value++;
      },
      failed: (request, error) => failed(error, request.frame),
    });
  }

  /** Latest wins. */
  want(request: PictureRequest, frameCount: number, playing = false): void {
    const before = this.wanted?.frame ?? request.frame;
    if (request.frame !== before) {
      this.towards = request.frame > before ? 1 : -1;
      this.newest = undefined;
    }
    this.wanted = request;
    const usual = request.lossless ? AHEAD_LOSSLESS : AHEAD;
    const ahead = (playing ? AHEAD_PLAYING : usual)
      .map((steps) => request.frame + steps * this.towards)
      .filter((frame) => frame >= 0 && frame < frameCount)
      .map((frame) => ({ ...request, frame }));
    this.loader.want(request, ahead, playing ? PLAYING_AT_ONCE : 1);
  }

  /** True where a frame's picture can be painted at once, as good as it is wanted now. */
  isLoaded(frame: FrameIndex): boolean {
    return this.wanted !== undefined && this.cache.has({ ...this.wanted, frame });
  }

  retry(): void {
    this.loader.again();
  }

  /** What to paint: the frame that is wanted, or while it is under way the newest picture there is. */
  current(): { readonly frame: FrameIndex; readonly bitmap: ImageBitmap } | undefined {
    for (const frame of [this.wanted?.frame, this.newest, this.shown]) {
      const bitmap = frame === undefined ? undefined : this.cache.get(frame);
      if (frame === undefined || !bitmap) continue;
      this.shown = frame;
      return { frame, bitmap };
    }
    return undefined;
  }
}
