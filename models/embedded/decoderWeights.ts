import { ModelFileError } from '../modelFileError';
import type { DataFile } from '../onnx/dataFile';
import type { ExternalData } from '../onnx/graph';
import { decodeModel } from '../onnx/schema';
import type { LayerWeights } from '../sam2/layers';
import { transposed } from '../sam2/affine';

/** A parameter of SAM 2. */
export interface Parameter {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/**
 * The parameters inside the built-in decoder's file, by the names that they have in SAM 2's state dict. The exporter kept
 * most names, transposed the weights of linear layers and wrote norms over channels out.
 * @param file the bytes of an `.onnx` file.
 */
export function decoderParameters(file: Uint8Array): Map<string, Parameter> {
  const { graph } = decodeModel(file);
  const constants = new Map(
    graph.initializer.map(({ name, dims, rawData = new Uint8Array() }) => [
      name,
      { shape: dims, values: new Float32Array(Uint8Array.from(rawData).buffer) },
    ]),
  );
  const parameters = new Map<string, Parameter>();
  for (const [name, constant] of constants) {
    if (/^(mask_decoder|prompt_encoder)\./.test(name)) parameters.set(`sam_${name}`, constant);
  }
  for (const { opType, name, input } of graph.node) {
    const constant = input.map((from) => constants.get(from)).find((known) => known !== undefined);
    if (!constant) continue;
    if (opType === 'MatMul' && name.startsWith('/transformer/')) {
      const [inputs, outputs] = constant.shape;
      parameters.set(`sam_mask_decoder${name.replace(/\/MatMul$/, '').replaceAll('/', '.')}.weight`, {
        shape: [outputs, inputs],
        values: transposed(constant.values, inputs, outputs),
      });
    }
    // A norm over the channels of an image: times its weight, plus its bias.
    const norm = /^\/(?:mask_downscaling\/)?((?:mask_downscaling|output_upscaling)\.\d)\/(Mul|Add_1)$/.exec(
      name,
    );
    if (norm) {
      const [, layer, operation] = norm;
      const module = layer.startsWith('mask') ? 'sam_prompt_encoder' : 'sam_mask_decoder';
      parameters.set(`${module}.${layer}.${operation === 'Mul' ? 'weight' : 'bias'}`, {
        shape: [constant.values.length],
        values: constant.values,
      });
    }
    if (name === '/Mul_15') parameters.set('sam_prompt_encoder.no_mask_embed.weight', constant);
    if (name === '/Expand_9') {
      const channels = constant.values.length / 6;
      const token = (from: number, to: number): Parameter => ({
        shape: [to - from, channels],
        values: constant.values.slice(channels * from, channels * to),
      });
      parameters.set('sam_mask_decoder.obj_score_token.weight', token(0, 1));
      parameters.set('sam_mask_decoder.iou_token.weight', token(1, 2));
      parameters.set('sam_mask_decoder.mask_tokens.weight', token(2, 6));
    }
  }
  return parameters;
}

/** Those parameters for a graph that finds them in a data file. */
export class DecoderWeights implements LayerWeights {
  private readonly places = new Map<string, ExternalData>();

  /** @param file named in errors. */
  constructor(
    private readonly file: string,
    private readonly parameters: ReadonlyMap<string, Parameter>,
    private readonly data: DataFile,
  ) {}

  shape(name: string): readonly number[] {
    return this.find(name).shape;
  }

  locate(name: string): ExternalData {
    let place = this.places.get(name);
    if (!place) this.places.set(name, (place = this.data.add(this.find(name).values)));
    return place;
  }

  private find(name: string): Parameter {
    const found = this.parameters.get(name);
    if (found) return found;
    throw new ModelFileError(
      'unsupported',
      this.file,
      `${this.file} has no parameter ${name}.`,
      'Run "npm install" again to get the file that this version of Masklet knows.',
    );
  }
}
