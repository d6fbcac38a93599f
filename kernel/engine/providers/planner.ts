// kernel/engine/providers/: which hardware runs a model: timed once, compared with the CPU, remembered.
import type { Precision } from '../../../models/onnx/graph';
import type { ProviderTrial } from '../../../shared/protocol/health';
import {
  choose,
  keepChoice,
  readChoice,
  type ChoiceKey,
  type Contender,
  type ProviderChoice,
} from './choice';
import { accelerators, automatic } from '../onnx/providerTraits';
import { tryProvider, type TrialOptions } from './trial';
import type { TrialWork } from './trialApi';

/** What an engine is loaded with. */
export interface ProviderPlan {
  /** Tried in order. */
  readonly providers: readonly string[];
  /** The graphs that they run, the others being the CPU's; left out: all. */
  readonly graphs?: readonly string[];
  /** How graphs compute that are not the CPU's; left out: as the engine finds best. */
  readonly precision?: Precision;
  /** What was tried; left out where nothing was yet, or where the order is given. */
  readonly tried?: readonly ProviderTrial[];
}

/** The order in which a graph's providers are tried. */
export function providersOf({ providers, graphs }: ProviderPlan, graph: string): readonly string[] {
  return graphs === undefined || graphs.includes(graph) ? providers : ['cpu'];
}

/** Says what an engine is to be loaded with. */
export interface ProviderPlanner {
  /** What it is loaded with now, without a wait. */
  plan(): Promise<ProviderPlan>;
  /** True where it is to be found out what the engine is best loaded with on this machine. */
  isOpen(): Promise<boolean>;
  /** Finds that out, and keeps it. @throws MaskletError `cancelled` */
  improve(signal: AbortSignal): Promise<ProviderChoice>;
}

/** What every engine is told of providers. */
export interface ProviderOptions {
  /** Execution providers, tried in order, for example `['cuda', 'cpu']`; `['auto']`: the fastest that is right. */
  readonly providers: readonly string[];
  /** Threads that one model run uses; 0: as many as there are cores. */
  readonly threads: number;
  /** CUDA files that were installed for onnxruntime. */
  readonly cudaRuntime?: string;
  /** What inference threads run; default: the script that belongs to this kernel. */
  readonly inferenceScript?: string;
  /** Milliseconds that an accelerator may take for one answer before it counts as hanging; default: two minutes. */
  readonly runPatienceMs?: number;
  readonly trial?: Omit<TrialOptions, 'signal'>;
  /** Providers tried against the CPU; default: those of this platform. */
  readonly candidates?: readonly string[];
}

/** What a planner needs of a model. */
export interface Plannable extends ProviderOptions {
  /** Where its choices are kept; left out: nowhere, and nothing is tried. */
  readonly folder?: string | undefined;
  readonly model: string;
  readonly halfPrecision: boolean;
  /** How the CPU computes. */
  readonly cpuPrecision: () => ProviderTrial['precision'];
  /** The graphs to try; asked for only once a provider loads anything at all. */
  readonly work: (provider: string) => Promise<TrialWork>;
}

export const planOf = ({ provider, precision, graphs, tried }: ProviderChoice): ProviderPlan =>
  provider === 'cpu'
    ? { providers: ['cpu'], tried }
    : { providers: [provider, 'cpu'], graphs, precision, tried };

export function providerPlanner(of: Plannable): ProviderPlanner {
  const { providers, folder, model, halfPrecision, threads, cudaRuntime, inferenceScript } = of;
  const candidates = of.candidates ?? accelerators();
  const isAutomatic = providers.includes(automatic);
  const key: ChoiceKey | undefined =
    folder === undefined ? undefined : { folder, model, halfPrecision, candidates };
  return {
    plan: async () => {
      if (!isAutomatic) return { providers };
      const choice = key && (await readChoice(key));
      return choice ? planOf(choice) : { providers: ['cpu'] };
    },
    isOpen: async () => isAutomatic && key !== undefined && !(await readChoice(key)),
    improve: async (signal) => {
      const own = {
        threads,
        ...(cudaRuntime ? { cudaRuntime } : {}),
        ...(inferenceScript ? { inferenceScript } : {}),
      };
      const contenders: Contender[] = [];
      for (const provider of candidates) {
        // A small graph first: most machines have none of most providers, which shows at once.
        let outcome = await tryProvider({ provider, ...own }, { ...of.trial, signal });
        if ('result' in outcome) {
          const work = await of.work(provider);
          outcome = await tryProvider({ provider, ...own, work }, { ...of.trial, signal });
        }
        contenders.push({ provider, outcome });
      }
      const choice = choose(contenders, of.cpuPrecision());
      if (key) await keepChoice(key, choice);
      return choice;
    },
  };
}
