/** The settings of a kernel and their defaults. */
import type { Quality } from '../domain/annotations';

/** Settings that the kernel is started with; each has a default. */
export interface KernelSettings {
  readonly ffmpegPath?: string;
  readonly dataDir?: string;
  /** Where downloaded and imported models are kept; default: the user's cache folder. */
  readonly modelDir?: string;
  /** Where onnxruntime's CUDA files are kept; default: the user's cache folder. */
  readonly cudaDir?: string;
  /** Where an ffmpeg that Masklet fetches is kept; default: the user's cache folder. */
  readonly ffmpegDir?: string;
  /** The proxy that downloads go through where the environment names none, such as `http://proxy:3128`. */
  readonly proxy?: string;
  readonly maxConcurrentSessions: number;
  /** 0: no limit. */
  readonly maxVideoFrames: number;
  readonly maxFrameDimension: number;
  /** Seconds of idleness after which a session's model memory is freed. */
  readonly sessionTimeout: number;
  /** Tried in order; `['auto']`: the fastest one that gives right results on this machine, which is found out. */
  readonly executionProviders: readonly string[];
  /** Lets the full SAM 2 do most of its work in float16 on a GPU, where its masks are right in it. */
  readonly halfPrecision: boolean;
  /** Bytes of decoded frames kept in memory. */
  readonly frameCacheBytes: number;
  /** Threads that one model run uses; 0: as many as there are cores. */
  readonly threads: number;
  /** Counts clicks, strokes and seconds of active work, in the database of this machine alone: for people at work, not for scripts. */
  readonly countEffort: boolean;
  /** Lets other processes go first, so that whoever looks at the results is not kept waiting for the next ones. */
  readonly givesWay: boolean;
  /**
   * How the built-in model's image encoder computes on a CPU. Default `auto`: the faster way on this machine; `original`:
   * its file as it came, in float32, to compare with.
   */
  readonly encoderPrecision?: 'auto' | 'float32' | 'int8' | 'original';
  /** What propagation may cost with the built-in model, and gives. Default: `balanced`. */
  readonly quality?: Quality;
  /** False: the built-in model looks for objects in whole frames, to compare with. */
  readonly zoom?: boolean;
}

const MiB = 2 ** 20;

/** The settings of design section 2, with what is left out filled in. */
export function withDefaults(settings: Partial<KernelSettings> = {}): KernelSettings {
  return {
    maxConcurrentSessions: 2,
    maxVideoFrames: 0,
    maxFrameDimension: 1920,
    sessionTimeout: 300,
    executionProviders: ['auto'],
    halfPrecision: true,
    // 48 frames of 720p: what longer groups of pictures have more goes to the temporary file. A whole group of 250 would
    // take the kernel far above 1.5 GB.
    frameCacheBytes: 128 * MiB,
    threads: 0,
    givesWay: false,
    countEffort: false,
    ...settings,
  };
}
