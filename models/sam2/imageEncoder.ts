import type { Value } from '../onnx/graph';
import type { Sam2Config } from './config';
import { hiera } from './hiera';
import type { Layers } from './layers';

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
  const stages = hiera(n, config, image);
  /** Convolutions are numbered from the coarsest level. */
  const lateral = (level: number): Value =>
    n.linear(stages[level].value, `image_encoder.neck.convs.${stages.length - 1 - level}.conv`);
  const coarsest = n.scale(n.toChannelsFirst(lateral(3)), 2, 'nearest');
  return {
    highRes0: n.toChannelsFirst(n.linear(lateral(0), 'sam_mask_decoder.conv_s0')),
    highRes1: n.toChannelsFirst(n.linear(lateral(1), 'sam_mask_decoder.conv_s1')),
    imageEmbed: n.add(n.toChannelsFirst(lateral(2)), coarsest),
  };
}
