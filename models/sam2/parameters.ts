import { trunkBlocks, type Sam2Config } from './config';

/** Channels inside the prompt encoder's mask downscaling, and layers of the decoder's transformer: SAM's own, never varied. */
const maskChannels = 16;
const decoderLayers = 2;
const decoderHidden = 2048;
const iouHidden = 256;
const maskTokens = 4;
/** Strided convolutions of the memory encoder's mask downsampler, and blocks of its fuser. */
const downsamplerConvs = 4;
const fuserBlocks = 2;

type Shapes = Map<string, readonly number[]>;

/** Names and shapes of the whole state dict of a model with these hyper-parameters, in the reference's order. */
export function parameterShapes(config: Sam2Config): Shapes {
  const { dModel, memDim, memoryFrames, flags } = config;
  const shapes: Shapes = new Map();
  shapes.set('maskmem_tpos_enc', [memoryFrames, 1, 1, memDim]);
  shapes.set('no_mem_embed', [1, 1, dModel]);
  shapes.set('no_mem_pos_enc', [1, 1, dModel]);
  shapes.set('no_obj_ptr', [1, dModel]);
  if (flags.noObjectEmbedding) shapes.set('no_obj_embed_spatial', [1, memDim]);
  imageEncoder(shapes, config);
  conv(shapes, 'mask_downsample', 1, 1, 4);
  memoryAttention(shapes, config);
  memoryEncoder(shapes, config);
  promptEncoder(shapes, dModel);
  maskDecoder(shapes, dModel);
  mlp(shapes, 'obj_ptr_proj', [dModel, dModel, dModel, dModel]);
  if (flags.pointerTimeProjection) linear(shapes, 'obj_ptr_tpos_proj', dModel, memDim);
  return shapes;
}

function imageEncoder(shapes: Shapes, { trunk, dModel }: Sam2Config): void {
  const at = 'image_encoder.trunk';
  const { embedDim, backgroundSize, windows } = trunk;
  shapes.set(`${at}.pos_embed`, [1, embedDim, ...backgroundSize]);
  shapes.set(`${at}.pos_embed_window`, [1, embedDim, windows[0], windows[0]]);
  conv(shapes, `${at}.patch_embed.proj`, 3, embedDim, 7);
  for (const { index, dim, dimOut } of trunkBlocks(trunk)) {
    const block = `${at}.blocks.${index}`;
    norm(shapes, `${block}.norm1`, dim);
    linear(shapes, `${block}.attn.qkv`, dim, 3 * dimOut);
    linear(shapes, `${block}.attn.proj`, dimOut, dimOut);
    norm(shapes, `${block}.norm2`, dimOut);
    mlp(shapes, `${block}.mlp`, [dimOut, 4 * dimOut, dimOut]);
    if (dim !== dimOut) linear(shapes, `${block}.proj`, dim, dimOut);
  }
  trunk.stages.forEach((_, level) => {
    const channels = embedDim * 2 ** (trunk.stages.length - 1 - level);
    conv(shapes, `image_encoder.neck.convs.${level}.conv`, channels, dModel, 1);
  });
}

function memoryAttention(shapes: Shapes, config: Sam2Config): void {
  const { dModel, memDim, memoryAttentionLayers, memoryAttentionHidden } = config;
  for (let n = 0; n < memoryAttentionLayers; n++) {
    const layer = `memory_attention.layers.${n}`;
    attention(shapes, `${layer}.self_attn`, dModel, dModel, dModel);
    attention(shapes, `${layer}.cross_attn_image`, dModel, dModel, memDim);
    linear(shapes, `${layer}.linear1`, dModel, memoryAttentionHidden);
    linear(shapes, `${layer}.linear2`, memoryAttentionHidden, dModel);
    for (const i of [1, 2, 3]) norm(shapes, `${layer}.norm${i}`, dModel);
  }
  norm(shapes, 'memory_attention.norm', dModel);
}

function memoryEncoder(shapes: Shapes, { dModel, memDim }: Sam2Config): void {
  const at = 'memory_encoder';
  let channels = 1;
  for (let n = 0; n < downsamplerConvs; n++) {
    conv(shapes, `${at}.mask_downsampler.encoder.${3 * n}`, channels, 4 * channels, 3);
    channels *= 4;
    norm(shapes, `${at}.mask_downsampler.encoder.${3 * n + 1}`, channels);
  }
  conv(shapes, `${at}.mask_downsampler.encoder.${3 * downsamplerConvs}`, channels, dModel, 1);
  conv(shapes, `${at}.pix_feat_proj`, dModel, dModel, 1);
  for (let n = 0; n < fuserBlocks; n++) {
    const block = `${at}.fuser.layers.${n}`;
    shapes.set(`${block}.gamma`, [dModel]);
    shapes.set(`${block}.dwconv.weight`, [dModel, 1, 7, 7]);
    shapes.set(`${block}.dwconv.bias`, [dModel]);
    norm(shapes, `${block}.norm`, dModel);
    linear(shapes, `${block}.pwconv1`, dModel, 4 * dModel);
    linear(shapes, `${block}.pwconv2`, 4 * dModel, dModel);
  }
  if (memDim !== dModel) conv(shapes, `${at}.out_proj`, dModel, memDim, 1);
}

function promptEncoder(shapes: Shapes, dModel: number): void {
  const at = 'sam_prompt_encoder';
  shapes.set(`${at}.pe_layer.positional_encoding_gaussian_matrix`, [2, dModel / 2]);
  for (const i of [0, 1, 2, 3]) shapes.set(`${at}.point_embeddings.${i}.weight`, [1, dModel]);
  shapes.set(`${at}.not_a_point_embed.weight`, [1, dModel]);
  conv(shapes, `${at}.mask_downscaling.0`, 1, maskChannels / 4, 2);
  norm(shapes, `${at}.mask_downscaling.1`, maskChannels / 4);
  conv(shapes, `${at}.mask_downscaling.3`, maskChannels / 4, maskChannels, 2);
  norm(shapes, `${at}.mask_downscaling.4`, maskChannels);
  conv(shapes, `${at}.mask_downscaling.6`, maskChannels, dModel, 1);
  shapes.set(`${at}.no_mask_embed.weight`, [1, dModel]);
}

function maskDecoder(shapes: Shapes, dModel: number): void {
  const at = 'sam_mask_decoder';
  const half = dModel / 2;
  for (let n = 0; n < decoderLayers; n++) {
    const layer = `${at}.transformer.layers.${n}`;
    attention(shapes, `${layer}.self_attn`, dModel, dModel, dModel);
    attention(shapes, `${layer}.cross_attn_token_to_image`, dModel, half, dModel);
    mlp(shapes, `${layer}.mlp`, [dModel, decoderHidden, dModel]);
    for (const i of [1, 2, 3, 4]) norm(shapes, `${layer}.norm${i}`, dModel);
    attention(shapes, `${layer}.cross_attn_image_to_token`, dModel, half, dModel);
  }
  attention(shapes, `${at}.transformer.final_attn_token_to_image`, dModel, half, dModel);
  norm(shapes, `${at}.transformer.norm_final_attn`, dModel);
  shapes.set(`${at}.iou_token.weight`, [1, dModel]);
  shapes.set(`${at}.mask_tokens.weight`, [maskTokens, dModel]);
  shapes.set(`${at}.obj_score_token.weight`, [1, dModel]);
  // Transposed convolutions have their input channels first.
  shapes.set(`${at}.output_upscaling.0.weight`, [dModel, dModel / 4, 2, 2]);
  shapes.set(`${at}.output_upscaling.0.bias`, [dModel / 4]);
  norm(shapes, `${at}.output_upscaling.1`, dModel / 4);
  shapes.set(`${at}.output_upscaling.3.weight`, [dModel / 4, dModel / 8, 2, 2]);
  shapes.set(`${at}.output_upscaling.3.bias`, [dModel / 8]);
  conv(shapes, `${at}.conv_s0`, dModel, dModel / 8, 1);
  conv(shapes, `${at}.conv_s1`, dModel, dModel / 4, 1);
  for (let i = 0; i < maskTokens; i++) {
    mlp(shapes, `${at}.output_hypernetworks_mlps.${i}`, [dModel, dModel, dModel, dModel / 8]);
  }
  mlp(shapes, `${at}.iou_prediction_head`, [dModel, iouHidden, iouHidden, maskTokens]);
  mlp(shapes, `${at}.pred_obj_score_head`, [dModel, dModel, dModel, 1]);
}

function linear(shapes: Shapes, name: string, inputs: number, outputs: number): void {
  shapes.set(`${name}.weight`, [outputs, inputs]);
  shapes.set(`${name}.bias`, [outputs]);
}

function conv(shapes: Shapes, name: string, inputs: number, outputs: number, kernel: number): void {
  shapes.set(`${name}.weight`, [outputs, inputs, kernel, kernel]);
  shapes.set(`${name}.bias`, [outputs]);
}

function norm(shapes: Shapes, name: string, channels: number): void {
  shapes.set(`${name}.weight`, [channels]);
  shapes.set(`${name}.bias`, [channels]);
}

/** `sizes`: inputs, hidden layers, outputs. */
function mlp(shapes: Shapes, name: string, sizes: readonly number[]): void {
  sizes.slice(1).forEach((outputs, i) => linear(shapes, `${name}.layers.${i}`, sizes[i], outputs));
}

function attention(shapes: Shapes, name: string, dim: number, inner: number, keyDim: number): void {
  linear(shapes, `${name}.q_proj`, dim, inner);
  linear(shapes, `${name}.k_proj`, keyDim, inner);
  linear(shapes, `${name}.v_proj`, keyDim, inner);
  linear(shapes, `${name}.out_proj`, inner, dim);
}
