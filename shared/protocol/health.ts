/** What the kernel reports of itself: `kernel/health`, `masklet doctor`, the status bar. */
import type { ErrorData } from './errors';

export type CheckState = 'ok' | 'warning' | 'failed';

/** One line of `masklet doctor`. */
export interface HealthCheck {
  readonly name: string;
  readonly state: CheckState;
  readonly detail: string;
  readonly hint?: string;
}

export interface HealthParams {
  /** The folder that the user works in: whether it can be written, and whether its clips are its own. */
  readonly folder?: string;
}

/** The name of the check that fetching an ffmpeg can mend. */
export const FFMPEG_CHECK = 'ffmpeg';

/** An ffmpeg that was fetched. */
export interface FfmpegInstallResult {
  readonly path: string;
  readonly version: string;
}

export interface HealthResult {
  readonly version: string;
  readonly pid: number;
  readonly uptimeSeconds: number;
  readonly checks: readonly HealthCheck[];
  readonly model: ModelState;
  readonly memory: {
    readonly rss: number;
    /** The most that it was so far, in bytes. */
    readonly peakRss: number;
    readonly heapUsed: number;
    readonly external: number;
  };
  readonly sessions: number;
  /** Longest stall of the main thread since the last `kernel/health`, in milliseconds. */
  readonly longestStallMs: number;
}

/** What came of trying an execution provider with a model's own graphs on this machine. */
export interface ProviderTrial {
  readonly provider: string;
  /** How its graphs compute. */
  readonly precision: 'float32' | 'float16' | 'int8';
  /** Milliseconds of a run of each graph; left out where it did not come to that. */
  readonly ms?: Readonly<Record<string, number>>;
  /** Largest difference from the CPU's results: in float32 as a share of their largest value, in float16 as 1 - IoU of masks. */
  readonly error?: number;
  /** Why it is not used. */
  readonly refused?: string;
  /** The graphs that it runs. */
  readonly runs?: readonly string[];
}

/** The choice of providers for a model on this machine: `masklet doctor --providers`. */
export interface ProvidersResult {
  readonly model: string;
  readonly machine: string;
  readonly driver: string;
  readonly onnxruntime: string;
  /** The CPU first. */
  readonly tried: readonly ProviderTrial[];
}

export interface ModelState {
  readonly id: string;
  readonly state: 'idle' | 'loading' | 'ready' | 'failed';
  /** What really loaded, for example `cpu`. */
  readonly provider?: string;
  /** How the image encoder computes, where it does not in float32. */
  readonly precision?: 'int8';
  /** Why a provider that was named earlier in the order, or that did the work until it was lost, is not used. */
  readonly fallback?: string;
  /** With `auto`: what was tried beside the CPU. Left out until it is known. */
  readonly tried?: readonly ProviderTrial[];
  readonly error?: ErrorData;
}
