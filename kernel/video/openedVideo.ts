import { createHash } from 'node:crypto';
import { availableParallelism, cpus } from 'node:os';
import { resolve } from 'node:path';
import { MaskletError, throwIfAborted } from '../../shared/protocol/errors';
import type { VideoIdentity } from '../../shared/domain/video';
import type { DecodeSettings } from './decodeCommand';
import { DecodedFrames } from './decodedFrames';
import type { Counters, FrameProvider } from './frameProvider';
import { fingerprintFile, fingerprintFolder, sha256File, sha256Folder, type QuickIdentity } from './identity';
import { listImages, singleImage, type ImageFolder } from './imageFolder';
import { ImageFrames } from './imageFrames';
import { indexImages } from './imageIndex';
import { indexVideo, type IndexOptions } from './indexPass';
import { inspectInput } from './inputFile';
import { openSealedIndex, sealIndex } from './sealedIndex';
import { describeIndex, deserializeIndex, serializeIndex, type VideoIndex } from './videoIndex';
import type { GrownVideo, LoadedVideo } from './workerApi';

export interface OpenedVideoOptions {
  readonly path: string;
  readonly ffmpeg: { readonly path: string; readonly version: string };
  readonly cacheBytes: number;
  readonly spillBytes: number;
  readonly counters: Counters;
}

/** Decoder threads at most: enough for interactive use, with cores left to the model. */
const MAX_THREADS = 4;

/** One video inside the worker: what it is, what frames it has, and their pixels. */
export class OpenedVideo {
  private frames: FrameProvider | undefined;
  private readonly settings: DecodeSettings;

  private constructor(
    private readonly options: OpenedVideoOptions,
    readonly identity: QuickIdentity,
    private readonly images: ImageFolder | undefined,
  ) {
    this.settings = {
      ffmpeg: options.ffmpeg.path,
      version: options.ffmpeg.version,
      path: options.path,
      threads: Math.min(MAX_THREADS, availableParallelism()),
    };
  }

  /**
   * Looks at the file and takes its fingerprint; decodes nothing.
   *
   * @throws MaskletError as `inspectInput` and `listImages` say.
   */
  static async identify(options: OpenedVideoOptions): Promise<OpenedVideo> {
    const path = resolve(options.path);
    const kind = await inspectInput(path);
    const images = kind === 'images' ? listImages(path) : kind === 'image' ? singleImage(path) : undefined;
    // A single image is known by its content, as a video is: it may be renamed.
    const identity =
      images && kind === 'images' ? await fingerprintFolder(path, images.names) : await fingerprintFile(path);
    return new OpenedVideo({ ...options, path }, identity, images);
  }

  /**
   * Takes the known index where it fits this file and decoder, else makes it; frames can be asked for after this.
   *
   * @param onGrowth told of the frames found so far while the index is made: these can be asked for already.
   */
  async load(
    known: Uint8Array | undefined,
    options: Omit<IndexOptions, 'onGrowth'>,
    onGrowth: (grown: GrownVideo) => void = () => undefined,
  ): Promise<LoadedVideo> {
    const { fingerprint } = this.identity;
    const own = known && openSealedIndex(known, fingerprint);
    let told = 0;
    const grown = (index: VideoIndex): GrownVideo => {
      if (this.frames) this.frames.grown();
      else this.frames = this.provider(index);
      const pts = index.pts.slice(told);
      told = index.pts.length;
      return { info: { path: this.options.path, ...this.identity, ...describeIndex(index) }, pts };
    };
    const makeIndex = (): Promise<VideoIndex> =>
      this.makeIndex({ ...options, onGrowth: (index) => index.growing && onGrowth(grown(index)) });
    const taken = own && this.knownIndex(own, options.maxFrames);
    const index = taken ?? (await makeIndex());
    throwIfAborted(options.signal);
    return {
      ...grown(index),
      indexTaken: taken !== undefined,
      index: sealIndex(serializeIndex(index, this.decoder()), fingerprint),
      indexRefused: known !== undefined && own === undefined,
    };
  }

  frame(frame: number, signal?: AbortSignal): Promise<Uint8Array> {
    if (!this.frames) throw new MaskletError('internal', 'The video has not been loaded.');
    return this.frames.frame(frame, signal);
  }

  /** @throws MaskletError `video/changed`, `video/not-found`, `video/unreadable`, `cancelled`. */
  async hash(signal?: AbortSignal): Promise<VideoIdentity> {
    const { path } = this.options;
    const sha256 = this.isFolder
      ? await sha256Folder(path, this.images?.names ?? [], signal)
      : await sha256File(path, signal);
    if (await this.hasChanged()) throw this.changed();
    return { ...this.identity, sha256 };
  }

  /** Whether the file is gone, or its size or fingerprint are others. */
  async hasChanged(): Promise<boolean> {
    const { path } = this.options;
    try {
      const now = this.isFolder
        ? await fingerprintFolder(path, listImages(path).names)
        : await fingerprintFile(path);
      return now.fingerprint !== this.identity.fingerprint;
    } catch (error) {
      if (error instanceof MaskletError) return true;
      throw error;
    }
  }

  private get isFolder(): boolean {
    return this.images?.folder === this.options.path;
  }

  async close(): Promise<void> {
    await this.frames?.close();
  }

  private knownIndex(bytes: Uint8Array, maxFrames: number): VideoIndex | undefined {
    const index = deserializeIndex(bytes, this.decoder());
    const fits =
      index !== undefined &&
      (index.kind === 'images') === (this.images !== undefined) &&
      (!this.images || index.pts.length === this.images.names.length) &&
      // Earlier versions took cover art for the video.
      (index.kind === 'images' || index.pts.length > 1);
    // Too long is told by making the index, in one place.
    return fits && (maxFrames === 0 || index.pts.length <= maxFrames) ? index : undefined;
  }

  private async makeIndex(options: IndexOptions): Promise<VideoIndex> {
    const index = this.images
      ? await indexImages(this.images.folder, this.images, options)
      : await indexVideo(this.settings, options);
    if (await this.hasChanged()) throw this.changed();
    return index;
  }

  private provider(index: VideoIndex): FrameProvider {
    const { cacheBytes, spillBytes, counters } = this.options;
    if (this.images)
      return new ImageFrames(this.images.folder, this.images.names, index, cacheBytes, counters);
    const hasChanged = (): Promise<boolean> => this.hasChanged();
    return new DecodedFrames({
      settings: this.settings,
      index,
      cacheBytes,
      spillBytes,
      counters,
      hasChanged,
    });
  }

  /**
   * What makes the checksums of an index comparable: ffmpeg's version and the processor, whose vector instructions some
   * decoders' arithmetic depends on. An index that travelled to another machine is made anew.
   */
  private decoder(): string {
    if (this.images) return 'images';
    const processor = `${process.arch} ${cpus()[0]?.model ?? ''}`;
    const tag = createHash('sha256').update(processor).digest('hex').slice(0, 8);
    return `ffmpeg ${this.settings.version} on ${tag}`;
  }

  private changed(): MaskletError {
    return new MaskletError('video/changed', `"${this.options.path}" changed while it was being read.`, {
      hint: 'Wait until the file is written completely, then open it again.',
      file: this.options.path,
    });
  }
}
