import type { Sam2Config } from '../../../models/sam2/config';

/** What is run to try a provider: a model's graphs, in the way that they follow each other in its work. */
export type Workload = { readonly kind: 'embedded' } | { readonly kind: 'sam2'; readonly config: Sam2Config };

/** Graphs by name, each the path of a file. */
export type GraphFiles = Readonly<Record<string, string>>;

/** What a process is asked to find out about one provider. */
export interface TrialRequest {
  readonly provider: string;
  readonly threads: number;
  readonly cudaRuntime?: string;
  readonly inferenceScript?: string;
  /** Left out: only whether it loads anything at all. */
  readonly work?: TrialWork;
}

/** A model's graphs, and how they are tried. */
export interface TrialWork {
  readonly workload: Workload;
  /** What the provider runs, in each precision that is tried. */
  readonly graphs: Readonly<Partial<Record<'float32' | 'float16', GraphFiles>>>;
  /** What its results are compared with: float32, run by the CPU. */
  readonly reference: GraphFiles;
  /** What the CPU would run instead, where that is something else; it is only timed. */
  readonly cpu?: GraphFiles;
}

/** How one precision of a provider did. */
export interface TrialFigures {
  readonly ms: Readonly<Record<string, number>>;
  readonly error: number;
  /** Why its results are not right. */
  readonly wrong?: string;
}

export interface TrialResult {
  readonly cpuMs: Readonly<Record<string, number>>;
  readonly figures: Readonly<Partial<Record<'float32' | 'float16', TrialFigures>>>;
  /** Precisions that could not be run, and why. */
  readonly failures: Readonly<Partial<Record<'float32' | 'float16', string>>>;
}

export type FromTrial =
  /** `guarded`: what begins now is the provider's, which must answer in time. */
  | { readonly kind: 'step'; readonly what: string; readonly guarded: boolean }
  | { readonly kind: 'cpu'; readonly ms: TrialResult['cpuMs'] }
  | { readonly kind: 'result'; readonly result: TrialResult }
  | { readonly kind: 'refused'; readonly reason: string };
