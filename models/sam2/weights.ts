import {
  elementBytes,
  elementCount,
  isContiguous,
  type Checkpoint,
  type TensorLocation,
} from '../checkpoint/tensor';
import { ModelFileError } from '../modelFileError';
import type { ExternalData, Precision } from '../onnx/graph';
import type { Derivation, LayerWeights } from './layers';

/** Values that have to be written, contiguous and in that precision, into the data file: one tensor's, or what is computed from several. */
export interface RewrittenTensor {
  readonly sources: readonly { readonly name: string; readonly tensor: TensorLocation }[];
  readonly compute: Derivation['compute'];
  readonly precision: Precision;
  /** Where it begins in the data file. */
  readonly offset: number;
}

const itself: Derivation['compute'] = ([values]) => values;

/** onnxruntime maps files into memory by pages; a cache line is enough for its kernels. */
const alignment = 64;

/**
 * Says where the graphs find a checkpoint's tensors: in the checkpoint itself where it holds them as onnxruntime reads
 * them, else in one data file to be written beside it.
 */
export class Weights implements LayerWeights {
  private readonly rewritten = new Map<string, RewrittenTensor & { readonly bytes: number }>();
  private dataBytes = 0;

  /** @param files names, in the graphs' folder, of the checkpoint and of the data file. */
  constructor(
    private readonly checkpoint: Checkpoint,
    private readonly files: { readonly checkpoint: string; readonly data: string },
  ) {}

  /** @throws ModelFileError `unsupported` where there is no such tensor. */
  shape(name: string): readonly number[] {
    return this.tensor(name).shape;
  }

  locate(wanted: string | Derivation, precision: Precision = 'float32'): ExternalData {
    if (typeof wanted === 'object') return this.place(wanted, precision);
    const tensor = this.tensor(wanted);
    if (tensor.dtype === precision && isContiguous(tensor) && tensor.offset % 4 === 0) {
      return { file: this.files.checkpoint, offset: tensor.offset, bytes: tensor.bytes };
    }
    const same = { name: wanted, shape: tensor.shape, from: [wanted], compute: itself };
    return this.place(same, precision);
  }

  private place({ name, shape, from, compute }: Derivation, precision: Precision): ExternalData {
    const key = `${name}/${precision}`;
    let placed = this.rewritten.get(key);
    if (!placed) {
      const bytes = elementBytes[precision] * elementCount(shape);
      const sources = from.map((source) => ({ name: source, tensor: this.tensor(source) }));
      placed = { sources, compute, precision, offset: this.dataBytes, bytes };
      this.rewritten.set(key, placed);
      this.dataBytes = Math.ceil((placed.offset + bytes) / alignment) * alignment;
    }
    return { file: this.files.data, offset: placed.offset, bytes: placed.bytes };
  }

  /** What the data file must hold, in the order of its bytes. */
  get toRewrite(): readonly RewrittenTensor[] {
    return [...this.rewritten.values()];
  }

  private tensor(name: string): TensorLocation {
    const tensor = this.checkpoint.tensors.get(name);
    if (tensor) return tensor;
    throw new ModelFileError(
      'unsupported',
      this.checkpoint.file,
      `${this.checkpoint.file} has no tensor ${name}.`,
      'Save the state dict of the whole model, with the names of facebookresearch/sam2.',
    );
  }
}
