import * as ort from 'onnxruntime-node';
import { cudaProblem, hasNoCudaHardware } from './cudaRuntime';
import { isProviderName, providerTraits, type ProviderName } from './providerTraits';

/** A model that onnxruntime has loaded. */
export interface OnnxSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, ort.Tensor>>): Promise<ort.InferenceSession.OnnxValueMapType>;
  release(): Promise<void>;
}

/** A part of onnxruntime that computes: the CPU, or a GPU by one of the ways to it. */
export interface ExecutionProvider {
  readonly name: ProviderName;
  /** Why it cannot work here, where onnxruntime itself says so in its log alone. */
  readonly problem?: () => Promise<string | undefined>;
  /** True where the machine has nothing that it could run on: no fault that anybody could mend. */
  readonly hasNoHardware?: () => boolean;
  /** False where this build of onnxruntime does not have it. */
  isPartOfBuild(): boolean;
  create(model: string | Uint8Array, options: ort.InferenceSession.SessionOptions): Promise<OnnxSession>;
}

function provider(name: ProviderName): ExecutionProvider {
  return {
    name,
    ...(name === 'cuda' ? { problem: cudaProblem, hasNoHardware: hasNoCudaHardware } : {}),
    // onnxruntime leaves out providers it was not built with without a word.
    isPartOfBuild: () => ort.listSupportedBackends().some((backend) => backend.name === name),
    create: (model, options) => {
      // What an accelerator cannot run falls to the CPU node by node.
      const own = { ...options, executionProviders: name === 'cpu' ? ['cpu'] : [name, 'cpu'] };
      return typeof model === 'string'
        ? ort.InferenceSession.create(model, own)
        : ort.InferenceSession.create(model, own);
    },
  };
}

export const executionProviders: readonly ExecutionProvider[] = Object.keys(providerTraits)
  .filter(isProviderName)
  .map(provider);
