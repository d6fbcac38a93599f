import type { Value } from '../onnx/graph';
import { hasHiera, hasRepVit, type RepVitConfig, type Sam2Config, type TrunkConfig } from './config';
import { joinedLayers } from './folding';
import { hiera } from './hiera';
import type { Layers } from './layers';
import { repVit } from './repvit';

/** A frame's features, as the reference's `forward_image` leaves them. */
export interface ImageFeatures {
  /** Stride 4, [1, dModel / 8, size, size]. */
  readonly highRes0: Value;
  /** Stride 8, [1, dModel / 4, size, size]. */
  readonly highRes1: Value;
  /** Stride 16, [1, dModel, size, size]. */
  readonly imageEmbed: Value;
}

/**
 * Trunk and neck: a feature pyramid in which only the coarser two levels pass their features down, with the mask
 * decoder's projections of the finer two (`conv_s0`, `conv_s1`), so that no click runs them again.
 */
export function imageEncoder(n: Layers, config: Sam2Config, image: Value): ImageFeatures {
  if (hasRepVit(config)) return repVitEncoder(n, config, image);
  if (hasHiera(config)) return hieraEncoder(n, config, image);
  throw new RangeError('a trunk of an unknown kind');
}

/** Convolutions are numbered from the coarsest level. */
const lateralOf = (levels: number, level: number): string =>
  `image_encoder.neck.convs.${levels - 1 - level}.conv`;

function hieraEncoder(n: Layers, config: Sam2Config<TrunkConfig>, image: Value): ImageFeatures {
  const stages = hiera(n, config, image);
  const lateral = (level: number): Value => n.linear(stages[level].value, lateralOf(stages.length, level));
  const coarsest = n.scale(n.toChannelsFirst(lateral(3)), 2, 'nearest');
  return {
    highRes0: n.toChannelsFirst(n.linear(lateral(0), 'sam_mask_decoder.conv_s0')),
    highRes1: n.toChannelsFirst(n.linear(lateral(1), 'sam_mask_decoder.conv_s1')),
    imageEmbed: n.add(n.toChannelsFirst(lateral(2)), coarsest),
  };
}

function repVitEncoder(n: Layers, config: Sam2Config<RepVitConfig>, image: Value): ImageFeatures {
  const stages = repVit(n, config, image);
  const lateral = (level: number): Value => n.conv(stages[level], lateralOf(stages.length, level));
  // Nothing lies between the neck's convolution and the decoder's: one does for both, in far fewer channels.
  const projected = (level: 0 | 1): Value => {
    const { weight, bias } = joinedLayers(
      n,
      lateralOf(stages.length, level),
      `sam_mask_decoder.conv_s${level}`,
      [1, 1],
    );
    return n.convWith(stages[level], n.derived(weight), n.derived(bias));
  };
  return {
    highRes0: projected(0),
    highRes1: projected(1),
    imageEmbed: n.add(lateral(2), n.scale(lateral(3), 2, 'nearest')),
  };
}
