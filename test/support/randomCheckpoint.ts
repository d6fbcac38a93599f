import type { RepVitConfig, Sam2Config, TrunkConfig } from '../../models/sam2/config';
import { isTrainingCounter, parameterShapes } from '../../models/sam2/parameters';
import { edgeTamConfig, variantConfig } from '../../models/sam2/variants';
import { writeTorchFile, type TensorToWrite } from './torchFiles';

/** SAM 2.1 as small as it goes with every kind of layer in it: some 0.3 s to build and load, milliseconds to run. */
export const microConfig: Sam2Config<TrunkConfig> = {
  ...variantConfig('sam2.1', 'tiny'),
  imageSize: 128,
  trunk: {
    embedDim: 8,
    numHeads: 1,
    stages: [1, 2, 2, 1],
    globalBlocks: [4],
    windows: [8, 4, 6, 4],
    backgroundSize: [7, 7],
  },
  dModel: 32,
  memDim: 8,
  memoryAttentionLayers: 2,
  memoryAttentionHidden: 48,
};

/** EdgeTAM likewise; some of its stages have one block, some more. */
export const microEdgeTam: Sam2Config<RepVitConfig> = {
  ...edgeTamConfig,
  imageSize: 128,
  trunk: {
    kind: 'repvit',
    embedDims: [8, 16, 24, 40],
    stages: [1, 1, 3, 1],
    mlpRatios: [2, 2, 2, 2],
    kernel: 3,
  },
  dModel: 32,
  memDim: 8,
  memoryAttentionHidden: 48,
  perceiver: { depth: 2, globalLatents: 6, windowLatents: 16, hidden: 32, selfAttention: true },
};

const chunkElements = 1 << 18;

/**
 * Writes a checkpoint with the names and shapes of `config` and weights that look random and are the same at every
 * run, tensor by tensor, so that `large` takes no memory. Activations keep a sensible size through all layers, and
 * bfloat16 holds the very same weights.
 */
export function writeRandomCheckpoint(
  path: string,
  config: Sam2Config,
  storage: 'FloatStorage' | 'BFloat16Storage' = 'FloatStorage',
): void {
  const tensors = new Map<string, TensorToWrite>();
  for (const [name, shape] of parameterShapes(config)) {
    if (isTrainingCounter(name)) {
      tensors.set(name, { shape, storage: 'LongStorage', bytes: 8, data: () => [new Uint8Array(8)] });
      continue;
    }
    const elements = shape.reduce((product, size) => product * size, 1);
    tensors.set(name, {
      shape,
      storage,
      bytes: elements * (storage === 'FloatStorage' ? 4 : 2),
      data: () => values(name, shape, elements, storage),
    });
  }
  writeTorchFile(path, tensors);
}

function* values(
  name: string,
  shape: readonly number[],
  elements: number,
  storage: 'FloatStorage' | 'BFloat16Storage',
): Iterable<Uint8Array> {
  const isNorm =
    /norm\d?\.weight$|\.norm.*\.weight$|\.running_var$/.test(name) ||
    (shape.length === 1 && name.endsWith('.weight'));
  const [centre, spread] = isNorm ? [1, 0.1] : shape.length === 1 ? [0, 0.05] : [0, spreadOf(name, shape)];
  let state = seedOf(name);
  for (let done = 0; done < elements; done += chunkElements) {
    const chunk = new Float32Array(Math.min(chunkElements, elements - done));
    for (let i = 0; i < chunk.length; i++) {
      // xorshift32 (Marsaglia 2003)
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      chunk[i] = centre + spread * ((state >>> 0) / 2 ** 31 - 1);
    }
    const bits = new Uint32Array(chunk.buffer);
    if (storage === 'FloatStorage') yield new Uint8Array(bits.map((value) => value & 0xffff0000).buffer);
    else yield new Uint8Array(Uint16Array.from(bits, (value) => value >>> 16).buffer);
  }
}

/** Uniform weights that keep the variance of what they are applied to. */
function spreadOf(name: string, shape: readonly number[]): number {
  const transposed = name.includes('output_upscaling');
  const fanIn = transposed ? shape[0] : shape.slice(1).reduce((product, size) => product * size, 1);
  return Math.sqrt(3 / fanIn);
}

function seedOf(name: string): number {
  let hash = 2166136261;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16777619);
  return hash | 1;
}
