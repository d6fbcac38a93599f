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

export interface HealthResult {
  readonly version: string;
  readonly pid: number;
  readonly uptimeSeconds: number;
  readonly checks: readonly HealthCheck[];
  readonly model: ModelState;
  readonly memory: { readonly rss: number; readonly heapUsed: number; readonly external: number };
  readonly sessions: number;
  /** Longest stall of the main thread since the last `kernel/health`, in milliseconds. */
  readonly longestStallMs: number;
}

export interface ModelState {
  readonly id: string;
  readonly state: 'idle' | 'loading' | 'ready' | 'failed';
  /** What really loaded, for example `cpu`. */
  readonly provider?: string;
  /** How the image encoder computes, where it does not in float32. */
  readonly precision?: 'int8';
  /** Why a provider earlier in the order was not used. */
  readonly fallback?: string;
  readonly error?: ErrorData;
}
