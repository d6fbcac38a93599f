import { readFileSync } from 'node:fs';
import { ByteBuffer } from 'flatbuffers';
import { packageRoot } from '../../kernel/runtime/paths';
import { locateModelFile, modelFolders, sam2TinyEmbedded } from '../../models/catalogue';
import { decoderParameters } from '../../models/embedded/decoderWeights';
import type { Sam2Config } from '../../models/sam2/config';
import { parameterShapes } from '../../models/sam2/parameters';
import { variantConfig } from '../../models/sam2/variants';
import { floatTensor, writeTorchFile } from './torchFiles';

interface Weights {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

const float32 = 1;

/** Where the embedded engine's files lie. */
export const embeddedFiles = {
  encoder: locateModelFile(sam2TinyEmbedded.encoder, modelFolders(sam2TinyEmbedded, packageRoot())),
  decoder: locateModelFile(sam2TinyEmbedded.decoder, modelFolders(sam2TinyEmbedded, packageRoot())),
};

/**
 * The hyper-parameters that the embedded engine's weights are written as: SAM 2 tiny, whose positional embedding was
 * spread over the image when it was exported.
 */
export const embeddedConfig: Sam2Config = (() => {
  const config = variantConfig('sam2', 'tiny');
  const side = config.imageSize / 4;
  return { ...config, trunk: { ...config.trunk, backgroundSize: [side, side] } };
})();

/**
 * Writes a checkpoint with the names of facebookresearch/sam2 from the weights inside the embedded engine's files. What
 * these lack (memory, object scores and pointers) is zero, but for the object score, which says that the object is there.
 * @returns the embedding of "no memory", which the exported encoder adds to its output, [1, dModel, 1, 1].
 */
export function writeEmbeddedCheckpoint(path: string): { noMemory: Float32Array } {
  const found = new Map([...encoderWeights(), ...decoderParameters(readFileSync(embeddedFiles.decoder))]);
  const tensors = new Map(
    [...parameterShapes(embeddedConfig)].map(([name, shape]) => {
      const known = found.get(name);
      found.delete(name);
      const elements = shape.reduce((product, size) => product * size, 1);
      const values = known?.values ?? new Float32Array(elements);
      if (values.length !== elements) throw new Error(`${name} has ${values.length} values, not ${elements}`);
      if (name === 'sam_mask_decoder.pred_obj_score_head.layers.2.bias') values.fill(1);
      return [name, floatTensor(shape, values)] as const;
    }),
  );
  if (found.size > 0) throw new Error(`nothing takes ${[...found.keys()].join(', ')}`);
  writeTorchFile(path, tensors);
  return { noMemory: encoderWeights().get('no_mem_embed')!.values };
}

/** The exporter has transposed the weights of linear layers, and taken constant expressions for tensors. */
function encoderWeights(): Map<string, Weights> {
  const weights = new Map<string, Weights>();
  for (const [name, tensor] of ortInitializers(embeddedFiles.encoder)) {
    const linear = /^\/(image_encoder\/trunk\/blocks\..*)\/Transpose_output_0$/.exec(name)?.[1];
    if (name === 'no_mem_embed') weights.set(name, { ...tensor, shape: [1, 1, 256] });
    else if (name.startsWith('model.')) weights.set(name.slice('model.'.length), tensor);
    else if (name === '/image_encoder/trunk/Transpose_output_0') {
      weights.set('image_encoder.trunk.pos_embed', tensor);
    } else if (linear) weights.set(`${linear.replaceAll('/', '.')}.weight`, transposed(tensor));
  }
  return weights;
}

function transposed({ shape: [rows, columns], values }: Weights): Weights {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = values[row * columns + column];
  }
  return { shape: [columns, rows], values: result };
}

function floatsOf(bytes: Uint8Array): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

/** Fields of the tables in an ORT-format file that lead to its weights (`ort.fbs` of onnxruntime). */
const fields = {
  session: { model: 1 },
  model: { graph: 7 },
  graph: { initializers: 0 },
  tensor: { name: 0, dims: 2, type: 3, rawData: 4 },
};

/** The float32 weights in an ORT-format model, which is a FlatBuffer. */
function ortInitializers(path: string): Map<string, Weights> {
  const buffer = new ByteBuffer(readFileSync(path));
  /** Where a table's field is; 0 where it is left out. */
  const at = (table: number, field: number): number => {
    const offset = buffer.__offset(table, 4 + 2 * field);
    return offset === 0 ? 0 : table + offset;
  };
  const child = (table: number, field: number): number => buffer.__indirect(at(table, field));
  const model = child(buffer.readInt32(buffer.position()) + buffer.position(), fields.session.model);
  const list = at(child(model, fields.model.graph), fields.graph.initializers);
  const weights = new Map<string, Weights>();
  for (let i = 0; i < buffer.__vector_len(list); i++) {
    const tensor = buffer.__indirect(buffer.__vector(list) + 4 * i);
    const type = at(tensor, fields.tensor.type);
    if (type === 0 || buffer.readInt32(type) !== float32) continue;
    const dims = at(tensor, fields.tensor.dims);
    const shape = Array.from({ length: buffer.__vector_len(dims) }, (_, d) =>
      Number(buffer.readInt64(buffer.__vector(dims) + 8 * d)),
    );
    const data = at(tensor, fields.tensor.rawData);
    const start = buffer.__vector(data);
    const name = buffer.__string(at(tensor, fields.tensor.name)) as string;
    weights.set(name, {
      shape,
      values: floatsOf(buffer.bytes().subarray(start, start + buffer.__vector_len(data))),
    });
  }
  return weights;
}
