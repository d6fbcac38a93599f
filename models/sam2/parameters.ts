import {
  hasHiera,
  hasRepVit,
  trunkBlocks,
  type PerceiverConfig,
  type RepVitConfig,
  type Sam2Config,
  type TrunkConfig,
} from './config';
import { excites } from './repvit';

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
  if (hasHiera(config)) hiera(shapes, config.trunk);
  if (hasRepVit(config)) repVit(shapes, config.trunk);
  neck(shapes, config);
  conv(shapes, 'mask_downsample', 1, 1, 4);
  memoryAttention(shapes, config);
  memoryEncoder(shapes, config);
  promptEncoder(shapes, dModel);
  maskDecoder(shapes, dModel);
  mlp(shapes, 'obj_ptr_proj', [dModel, dModel, dModel, dModel]);
  if (flags.pointerTimeProjection) linear(shapes, 'obj_ptr_tpos_proj', dModel, memDim);
  if (config.perceiver) spatialPerceiver(shapes, config.perceiver, memDim);
  return shapes;
}

/** Counts training steps in each batch normalisation; of no use here, and not in every file. */
export const isTrainingCounter = (name: string): boolean => name.endsWith('.num_batches_tracked');

function hiera(shapes: Shapes, trunk: TrunkConfig): void {
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
}

function repVit(shapes: Shapes, { embedDims, stages, mlpRatios, kernel }: RepVitConfig): void {
  const at = 'image_encoder.trunk.body';
  const [first] = embedDims;
  convNorm(shapes, `${at}.stem.conv1`, [first / 2, 3, 3, 3]);
  convNorm(shapes, `${at}.stem.conv2`, [first, first / 2, 3, 3]);
  const channelMixer = (name: string, channels: number, ratio: number): void => {
    convNorm(shapes, `${name}.conv1`, [ratio * channels, channels, 1, 1]);
    convNorm(shapes, `${name}.conv2`, [channels, ratio * channels, 1, 1]);
  };
  const block = (name: string, channels: number, ratio: number, excited: boolean): void => {
    convNorm(shapes, `${name}.token_mixer.conv`, [channels, 1, kernel, kernel]);
    convNorm(shapes, `${name}.token_mixer.conv1`, [channels, 1, 1, 1]);
    if (excited) {
      conv(shapes, `${name}.se.fc1`, channels, squeezedChannels(channels), 1);
      conv(shapes, `${name}.se.fc2`, squeezedChannels(channels), channels, 1);
    }
    channelMixer(`${name}.channel_mixer`, channels, ratio);
  };
  stages.forEach((blocks, stage) => {
    const name = `${at}.stages_${stage}`;
    const [channels, ratio] = [embedDims[stage], mlpRatios[stage]];
    if (stage > 0) {
      const before = embedDims[stage - 1];
      block(`${name}.downsample.pre_block`, before, ratio, false);
      convNorm(shapes, `${name}.downsample.spatial_downsample`, [before, 1, kernel, kernel]);
      convNorm(shapes, `${name}.downsample.channel_downsample`, [channels, before, 1, 1]);
      channelMixer(`${name}.downsample.ffn`, channels, ratio);
    }
    for (let i = 0; i < blocks; i++) block(`${name}.blocks.${i}`, channels, ratio, excites(i));
  });
}

/** A quarter of the channels, as a multiple of 8 (timm's `SqueezeExcite`). */
const squeezedChannels = (channels: number): number => Math.max(8, 8 * Math.floor((channels / 4 + 4) / 8));

function neck(shapes: Shapes, config: Sam2Config): void {
  const { trunk } = config;
  const channels =
    trunk.kind === 'repvit' ? trunk.embedDims : trunk.stages.map((_, stage) => trunk.embedDim * 2 ** stage);
  channels.toReversed().forEach((inputs, level) => {
    conv(shapes, `image_encoder.neck.convs.${level}.conv`, inputs, config.dModel, 1);
  });
}

function spatialPerceiver(
  shapes: Shapes,
  { depth, globalLatents, windowLatents, hidden, selfAttention }: PerceiverConfig,
  memDim: number,
): void {
  const at = 'spatial_perceiver';
  if (globalLatents > 0) shapes.set(`${at}.latents`, [globalLatents, memDim]);
  shapes.set(`${at}.latents_2d`, [windowLatents, memDim]);
  const projections = (name: string): void => {
    shapes.set(`${name}.to_q.weight`, [memDim, memDim]);
    shapes.set(`${name}.to_kv.weight`, [2 * memDim, memDim]);
    shapes.set(`${name}.to_out.weight`, [memDim, memDim]);
  };
  const feedForward = (name: string): void => {
    norm(shapes, `${name}.0`, memDim);
    shapes.set(`${name}.1.weight`, [hidden, memDim]);
    shapes.set(`${name}.3.weight`, [memDim, hidden]);
  };
  for (let n = 0; n < depth; n++) {
    const layer = `${at}.layers.${n}`;
    norm(shapes, `${layer}.attn.norm_x`, memDim);
    norm(shapes, `${layer}.attn.norm_latents`, memDim);
    projections(`${layer}.attn`);
    feedForward(`${layer}.ff`);
    if (!selfAttention) continue;
    norm(shapes, `${layer}.self_attn.norm`, memDim);
    projections(`${layer}.self_attn`);
    feedForward(`${layer}.self_ff`);
  }
  norm(shapes, `${at}.norm`, memDim);
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

/** A convolution without bias, and batch normalisation. */
function convNorm(shapes: Shapes, name: string, shape: readonly number[]): void {
  shapes.set(`${name}.c.weight`, shape);
  norm(shapes, `${name}.bn`, shape[0]);
  shapes.set(`${name}.bn.running_mean`, [shape[0]]);
  shapes.set(`${name}.bn.running_var`, [shape[0]]);
  shapes.set(`${name}.bn.num_batches_tracked`, []);
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
