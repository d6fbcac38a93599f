import { probeShape, productProbe } from '../../models/embedded/productProbe';
import type { ModelRecommendation } from '../../shared/protocol/models';
import type { KernelSettings } from '../../shared/protocol/settings';
import { findCudaRuntime } from '../engine/onnx/cudaRuntime';
import type { InferenceApi } from '../engine/onnx/inferenceApi';
import { inferenceThread } from '../engine/onnx/inferenceThread';
import { accelerators, automatic } from '../engine/onnx/providerTraits';
import { tryProvider } from '../engine/providers/trial';

/** What EdgeTAM's frame takes in units of the probe's time (AMD EPYC of the Zen 4 generation, one thread, 7 memories). */
const probesPerFrame = 65;
/** As its authors published it, on DAVIS 2017. */
const published = '87.7 J&F on DAVIS 2017';
const memory = '0.5 GB of memory';
const timedProbes = 5;

/**
 * The model that is recommended beside the built-in one where no GPU is found, and why; undefined where one is.
 * Nothing of it is downloaded.
 */
export async function recommendModel(
  settings: KernelSettings,
  signal: AbortSignal,
): Promise<ModelRecommendation | undefined> {
  const { executionProviders, cudaDir, threads } = settings;
  const cudaRuntime = findCudaRuntime(cudaDir);
  const candidates = executionProviders.includes(automatic)
    ? accelerators()
    : executionProviders.filter((name) => name !== 'cpu');
  for (const provider of candidates) {
    const outcome = await tryProvider(
      { provider, threads: 1, ...(cudaRuntime ? { cudaRuntime } : {}) },
      { signal },
    );
    if ('result' in outcome) return undefined;
  }
  const seconds = (probesPerFrame * (await timeProbe(threads))) / 1e3;
  return {
    id: 'edgetam',
    reason: `made for machines without a GPU: about ${seconds.toPrecision(1)} s a frame here, ${published}, 57 MB, ${memory}`,
  };
}

/** Milliseconds of a product of the kind that models are made of; the shortest counts. */
async function timeProbe(threads: number): Promise<number> {
  const thread = inferenceThread<InferenceApi>('probe');
  try {
    const { rows, inner } = probeShape;
    const model = productProbe('float32', rows);
    const { handle } = await thread.request('load', {
      model,
      name: 'a product',
      providers: ['cpu'],
      threads,
    });
    const x = { data: new Float32Array(rows * inner).fill(1), dims: [rows, inner] };
    let best = Infinity;
    for (let n = 0; n < timedProbes; n++) {
      best = Math.min(best, (await thread.request('run', { handle, feeds: { x } })).ms);
    }
    return best;
  } finally {
    await thread.dispose();
  }
}
