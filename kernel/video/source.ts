// kernel/video/: what frame i of a video is, and its pixels.
import { CancelledError, MaskletError, throwIfAborted } from '../../shared/protocol/errors';
import { kernelScript } from '../runtime/paths';
import type { FrameIndex, VideoIdentity, VideoInfo } from '../../shared/domain/video';
import { WorkerClient } from '../workers/rpc';
import type { DecodeStatistics, FrameSource, OpenVideoOptions, RgbFrame } from './api';
import { ffmpegVersion } from './ffmpeg';
import { weighSharedMemory } from '../workers/sharedMemory';
import { refuseMediaOutside } from './mediaLinks';
import { COUNTERS, type GrownVideo, type VideoWorkerApi, type VideoWorkerData } from './workerApi';

/** Frames between two reports of how far the index is. */
const REPORT_EVERY = 50;
/** Temporary disk space for frames of groups of pictures that memory cannot hold. */
const SPILL_BYTES = 2 * 2 ** 30;

/**
 * Opens a video file, or a folder of numbered images, in a worker thread of its own. Waits for the index of its frames, which
 * is one full decoding where `knownIndex` does not have it.
 *
 * @throws MaskletError as `startVideo`.
 */
export async function openVideo(path: string, options: OpenVideoOptions): Promise<FrameSource> {
  const source = await startVideo(path, options);
  try {
    await source.indexed;
    return source;
  } catch (error) {
    await source.close();
    throw error;
  }
}

/**
 * As `openVideo`, but waits only for the first frames: the others are found behind it, until `indexed` settles. `signal` ends
 * that, too.
 *
 * @throws MaskletError `video/not-found`, `video/unreadable`, `video/empty`, `video/git-lfs-pointer`, `video/not-a-video`,
 *   `video/no-video-stream`, `video/truncated`, `video/unsupported`, `video/too-long`, `video/changed`, `ffmpeg/missing`,
 *   `ffmpeg/failed`, `file/refused`, `cancelled`.
 */
export async function startVideo(path: string, options: OpenVideoOptions): Promise<FrameSource> {
  throwIfAborted(options.signal);
  if (options.within !== undefined) refuseMediaOutside(path, options.within);
  const version = await ffmpegVersion(options.ffmpeg);
  const counters = new SharedArrayBuffer(COUNTERS.length * Float64Array.BYTES_PER_ELEMENT);
  const data: VideoWorkerData = {
    path,
    ffmpeg: { path: options.ffmpeg, version },
    cacheBytes: options.cacheBytes,
    spillBytes: options.spillBytes ?? SPILL_BYTES,
    counters,
  };
  const worker = new WorkerClient<VideoWorkerApi>(kernelScript('videoWorker'), data, 'video');
  const { signal } = options;
  try {
    const { fingerprint } = await worker.request('identify', null, { signal });
    const known = await options.knownIndex?.(fingerprint);
    return await new Promise<FrameSource>((resolve, reject) => {
      let source: WorkerFrameSource | undefined;
      const grown = (video: GrownVideo): WorkerFrameSource => {
        if (source) source.grow(video);
        else resolve((source = new WorkerFrameSource(worker, counters, indexed, video)));
        return source;
      };
      const load = async (): Promise<void> => {
        const request = { known, maxFrames: options.maxFrames ?? 0 };
        let told = 0;
        const onProgress = (video: GrownVideo): void => {
          const { frameCount } = grown(video).info;
          if (frameCount - told < REPORT_EVERY) return;
          told = frameCount;
          options.onIndexed?.(frameCount);
        };
        const loaded = await worker.request('load', request, { signal, onProgress });
        if (loaded.indexRefused) {
          const why = 'was not made by you on this machine: it was made again.';
          options.onLog?.(`The stored frame index of ${path} ${why}`);
        }
        grown(loaded).finish(loaded.index);
        if (!loaded.indexTaken) options.onIndexed?.(loaded.info.frameCount);
      };
      const indexed = load();
      indexed.catch(reject);
    });
  } catch (error) {
    await endWorker(worker);
    throw error;
  }
}

export interface VideoInfoOptions extends Omit<OpenVideoOptions, 'cacheBytes'> {
  /** Wait for the full SHA-256, too. */
  readonly hash?: boolean;
  /** Given the index that was made or taken, to keep. */
  readonly onIndex?: (fingerprint: string, index: Uint8Array) => Promise<void>;
}

/** What a video is, without keeping it open. @throws MaskletError as `openVideo`. */
export async function videoInfo(path: string, options: VideoInfoOptions): Promise<VideoInfo> {
  const source = await openVideo(path, { ...options, cacheBytes: 0 });
  try {
    await options.onIndex?.(source.info.fingerprint, source.serializeIndex());
    return options.hash ? { ...source.info, ...(await source.identity(options.signal)) } : source.info;
  } finally {
    await source.close();
  }
}

/** Decoders end first: a thread that is merely terminated would leave them to notice by their broken pipes. */
async function endWorker(worker: WorkerClient<VideoWorkerApi>): Promise<void> {
  await worker.request('close', null).catch(() => undefined);
  await worker.dispose();
}

/** The main thread's view of a video: pixels stay where the worker decoded them, in shared memory. */
class WorkerFrameSource implements FrameSource {
  info: VideoInfo;
  readonly pts: number[];
  private index: Uint8Array | undefined;
  private listener: (() => void) | undefined;
  /** Those who wait for frames that are not known yet. */
  private readonly waiting = new Set<() => void>();
  private readonly counters: Float64Array;
  private waitMs = 0;
  private hashing: Promise<VideoIdentity> | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly worker: WorkerClient<VideoWorkerApi>,
    counters: SharedArrayBuffer,
    readonly indexed: Promise<void>,
    { info, pts }: GrownVideo,
  ) {
    this.info = info;
    this.pts = [...pts];
    this.counters = new Float64Array(counters);
  }

  onGrowth(listener: () => void): void {
    this.listener = listener;
  }

  /** Takes over what the index has come to. */
  grow({ info, pts }: GrownVideo): void {
    this.info = info;
    for (const value of pts) this.pts.push(value);
    this.listener?.();
    this.wake();
  }

  /** All frames are known. */
  finish(index: Uint8Array): void {
    this.index = index;
    this.wake();
  }

  async reach(frame: FrameIndex, signal?: AbortSignal): Promise<void> {
    while (this.info.indexing && frame >= this.info.frameCount) await this.growth(signal);
  }

  async frame(index: FrameIndex, signal?: AbortSignal): Promise<RgbFrame> {
    await this.reach(index, signal);
    if (!Number.isInteger(index) || index < 0 || index >= this.info.frameCount) {
      throw new MaskletError('video/no-such-frame', `"${this.info.path}" has no frame ${index}.`, {
        hint: `Its frames are 0 to ${this.info.frameCount - 1}.`,
        file: this.info.path,
      });
    }
    this.refuseClosed();
    const asked = performance.now();
    const data = await this.worker.request('frame', { index }, { signal });
    weighSharedMemory(data);
    this.waitMs += performance.now() - asked;
    return { index, pts: this.pts[index], width: this.info.width, height: this.info.height, data };
  }

  serializeIndex(): Uint8Array {
    if (!this.index) throw new Error('The video is still being indexed.');
    return this.index;
  }

  async identity(signal?: AbortSignal): Promise<VideoIdentity> {
    throwIfAborted(signal);
    this.refuseClosed();
    this.hashing ??= this.worker.request('hash', null).catch((error: unknown) => {
      // The next call tries again.
      this.hashing = undefined;
      throw error;
    });
    return unlessAborted(this.hashing, signal);
  }

  async hasChanged(): Promise<boolean> {
    this.refuseClosed();
    return this.worker.request('hasChanged', null);
  }

  statistics(): DecodeStatistics {
    const [decoderStarts, framesDecoded, cacheHits, cacheBytes] = this.counters;
    return { decoderStarts, framesDecoded, cacheHits, cacheBytes, waitMs: this.waitMs };
  }

  close(): Promise<void> {
    this.closing ??= endWorker(this.worker);
    return this.closing;
  }

  /** Settles at the next growth. @throws MaskletError as `indexed`, `cancelled` */
  private async growth(signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    this.refuseClosed();
    let wake: () => void = () => undefined;
    const grown = new Promise<void>((resolve) => this.waiting.add((wake = resolve)));
    try {
      await unlessAborted(Promise.race([grown, this.indexed]), signal);
    } finally {
      this.waiting.delete(wake);
    }
  }

  private wake(): void {
    for (const wake of [...this.waiting]) wake();
  }

  private refuseClosed(): void {
    if (this.closing) throw new CancelledError(`"${this.info.path}" has been closed.`);
  }
}

/** Waits for a promise that others wait for, too: giving up does not stop it. */
function unlessAborted<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(new CancelledError());
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
