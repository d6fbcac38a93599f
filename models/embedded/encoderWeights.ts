import { ModelFileError } from '../modelFileError';
import type { DataFile } from '../onnx/dataFile';
import type { ExternalData } from '../onnx/graph';
import type { OrtInitializer } from '../onnx/ortFormat';
import { elementTypes } from '../onnx/schema';
import type { Derivation, LayerWeights } from '../sam2/layers';
import { transposed, type Affine } from '../sam2/affine';
import { putTogether, takeApart } from './positions';

/** Constants that are no parameters of SAM 2 but were computed from some when the file was exported. */
const positionsName = '/image_encoder/trunk/Transpose_output_0';
const noMemoryName = 'no_mem_embed';

/** The constants of the built-in encoder's file, by the names that they have in SAM 2's state dict. */
export class EncoderWeights implements LayerWeights {
  /**
   * @param file named in errors.
   * @param data takes the tensors that are located.
   */
  constructor(
    private readonly file: string,
    private readonly initializers: ReadonlyMap<string, OrtInitializer>,
    private readonly data: DataFile,
  ) {}

  shape(name: string): readonly number[] {
    return this.find(trained(name)).dims;
  }

  locate(wanted: string | Derivation): ExternalData {
    const valuesOf = (name: string): Float32Array => floats(this.find(trained(name)));
    return this.data.add(
      typeof wanted === 'string' ? valuesOf(wanted) : wanted.compute(wanted.from.map(valuesOf)),
    );
  }

  /** The affine map of a `Linear` or a 1x1 convolution, however the file holds it. */
  affine(layer: string): Affine {
    const bias = floats(this.find(trained(`${layer}.bias`)));
    const convolution = this.initializers.get(trained(`${layer}.weight`));
    if (convolution) {
      const [outputs, inputs] = convolution.dims;
      return { matrix: transposed(floats(convolution), outputs, inputs), bias, inputs, outputs };
    }
    // The exporter transposed what MatMul takes, and named it by its place: "a.b.0.c" became "/a/b.0/c".
    const weight = this.find(`/${layer.replace(/\.(?!\d)/g, '/')}/Transpose_output_0`);
    const [inputs, outputs] = weight.dims;
    return { matrix: floats(weight), bias, inputs, outputs };
  }

  /** What is added to the patches of an image of `size` x `size` patches: [size * size, channels]. */
  positions(size: number): Float32Array {
    const found = this.find(positionsName);
    const [, channels, height, width] = found.dims;
    const whole = transposed(floats(found), channels, height * width);
    return size === height && size === width ? whole : putTogether(takeApart(whole, height), size);
  }

  /** Added to the coarsest features, since the built-in decoder knows nothing of memory: [channels]. */
  noMemory(): Float32Array {
    return floats(this.find(noMemoryName));
  }

  private find(name: string): OrtInitializer {
    const found = this.initializers.get(name);
    if (found?.dataType === elementTypes.float32) return found;
    throw new ModelFileError(
      'unsupported',
      this.file,
      `${this.file} has no float32 constant ${name}.`,
      'Run "npm install" again to get the file that this version of Masklet knows.',
    );
  }
}

const trained = (name: string): string => `model.${name}`;

/** A copy, since the file need not hold numbers at addresses where they can be read in place. */
function floats({ data }: OrtInitializer): Float32Array {
  return new Float32Array(data.slice().buffer);
}
