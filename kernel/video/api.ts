import type { FrameIndex, VideoIdentity, VideoInfo } from '../../shared/domain/video';

/** One decoded picture: RGB, 8 bits, row by row, no padding. The bytes are shared between threads and never change. */
export interface RgbFrame {
  readonly index: FrameIndex;
  readonly pts: number;
  readonly width: number;
  readonly height: number;
  /** width * height * 3 bytes over a SharedArrayBuffer. */
  readonly data: Uint8Array;
}

export interface OpenVideoOptions {
  /** The ffmpeg to run; see `findFfmpeg`. */
  readonly ffmpeg: string;
  /** Bytes of decoded frames kept in memory. */
  readonly cacheBytes: number;
  /** Bytes of temporary disk for frames of groups of pictures that `cacheBytes` cannot hold; default 2 GiB. */
  readonly spillBytes?: number;
  /** What an earlier `serializeIndex` gave for a file with the same fingerprint: saves the indexing pass. */
  readonly knownIndex?: (fingerprint: string) => Promise<Uint8Array | undefined>;
  /** Refuse videos with more frames; 0: no limit. */
  readonly maxFrames?: number;
  /** The video must lie in this folder: links that lead out of it are refused. */
  readonly within?: string;
  readonly signal?: AbortSignal;
  /** Told now and then how many frames were found, and at the end; of an index that was known, nothing. */
  readonly onIndexed?: (frames: number) => void;
  /** Told in a line of what was odd about the opening. */
  readonly onLog?: (message: string) => void;
}

/** How often the decoder had to start, for tests and benches: stepping must not start it again and again. */
export interface DecodeStatistics {
  readonly decoderStarts: number;
  readonly framesDecoded: number;
  readonly cacheHits: number;
  readonly cacheBytes: number;
  /** Milliseconds in which a caller waited for a decoded frame. */
  readonly waitMs: number;
}

/** A video whose frames can be asked for in any order; the one authority on what frame *i* is. */
export interface FrameSource {
  /** While the video is being indexed (`info.indexing`), what is known so far: another object after each growth. */
  readonly info: VideoInfo;
  /** PTS of each frame known, ascending, in ticks of `info.timeBase`; grows with the index. */
  readonly pts: readonly number[];
  /** Settles when all frames are known. @throws MaskletError as `openVideo`, where the video turns out not to be usable. */
  readonly indexed: Promise<void>;
  /** Called whenever more frames are known, and when all are; one listener at a time. */
  onGrowth(listener: () => void): void;
  /** Waits until a frame is known, or all are. @throws MaskletError as `indexed`, `cancelled` */
  reach(frame: FrameIndex, signal?: AbortSignal): Promise<void>;
  /**
   * Waits for a frame that the index has not come to.
   * @throws MaskletError `video/no-such-frame`, `video/truncated`, `video/changed`, `ffmpeg/failed`, `cancelled`, as `indexed`.
   */
  frame(index: FrameIndex, signal?: AbortSignal): Promise<RgbFrame>;
  /** The index as bytes to keep, so that the next opening need not decode everything. @throws Error before it is complete. */
  serializeIndex(): Uint8Array;
  /** Full SHA-256, computed in the background at the first call. */
  identity(signal?: AbortSignal): Promise<VideoIdentity>;
  /** True where size or fingerprint of the file on disk are no longer those it was opened with. */
  hasChanged(): Promise<boolean>;
  statistics(): DecodeStatistics;
  close(): Promise<void>;
}
