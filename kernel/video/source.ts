// kernel/video/: what frame i of a video is, and its pixels.
import { CancelledError, MaskletError, throwIfAborted } from '../../shared/protocol/errors';
import { kernelScript } from '../runtime/paths';
import type { FrameIndex, VideoIdentity, VideoInfo } from '../../shared/domain/video';
import { WorkerClient } from '../workers/rpc';
import type { DecodeStatistics, FrameSource, OpenVideoOptions, RgbFrame } from './api';
import { ffmpegVersion } from './ffmpeg';
import { weighSharedMemory } from '../workers/sharedMemory';
import { refuseMediaOutside } from './mediaLinks';
import { COUNTERS, type LoadedVideo, type VideoWorkerApi, type VideoWorkerData } from './workerApi';

/** Temporary disk space for frames of groups of pictures that memory cannot hold. */
const SPILL_BYTES = 2 * 2 ** 30;

/**
 * Opens a video file, or a folder of numbered images, in a worker thread of its own. Waits for the index of its frames, which
 * is one full decoding where `knownIndex` does not have it.
 *
 * @throws MaskletError `video/not-found`, `video/unreadable`, `video/empty`, `video/git-lfs-pointer`, `video/not-a-video`,
 *   `video/no-video-stream`, `video/truncated`, `video/unsupported`, `video/too-long`, `video/changed`, `ffmpeg/missing`,
 *   `ffmpeg/failed`, `file/refused`, `cancelled`.
 */
export async function openVideo(path: string, options: OpenVideoOptions): Promise<FrameSource> {
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
    const loaded = await worker.request(
      'load',
      { known, maxFrames: options.maxFrames ?? 0 },
      { signal, onProgress: (frames) => options.onIndexed?.(frames) },
    );
    if (loaded.indexRefused)
      options.onLog?.(
        `The stored frame index of ${path} was not made by you on this machine: it was made again.`,
      );
    return new WorkerFrameSource(worker, counters, loaded);
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
  readonly info: VideoInfo;
  readonly pts: readonly number[];
  private readonly counters: Float64Array;
  private waitMs = 0;
  private hashing: Promise<VideoIdentity> | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly worker: WorkerClient<VideoWorkerApi>,
    counters: SharedArrayBuffer,
    private readonly loaded: LoadedVideo,
  ) {
    this.info = loaded.info;
    this.pts = loaded.pts;
    this.counters = new Float64Array(counters);
  }

  async frame(index: FrameIndex, signal?: AbortSignal): Promise<RgbFrame> {
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
    return this.loaded.index;
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
