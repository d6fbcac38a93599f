import type { Box, MaskOperation, RleMask } from '../../shared/domain/annotations';
import type { MaskShape } from './postprocess';

/** The pixel worker's methods: everything that loops over pixels off the main thread. */
export type PixelApi = {
  /** Stretches an RGB picture, or a part of it, to size x size and normalises it: planar float32 [3, size, size]. */
  preprocess: [
    {
      readonly data: Uint8Array;
      readonly width: number;
      readonly height: number;
      readonly size: number;
      readonly mean: readonly number[];
      readonly std: readonly number[];
      readonly part?: Box;
    },
    { readonly tensor: Float32Array; readonly ms: number },
  ];
  /** Logits [size, size] over the stretched square, which is `part` of the video, to a mask in video pixels. */
  postprocess: [
    {
      readonly logits: readonly Float32Array[];
      readonly size: number;
      readonly width: number;
      readonly height: number;
      readonly part?: Box;
    },
    {
      readonly masks: readonly MaskShape[];
      readonly ms: number;
    },
  ];
  /** A mask after one edit by hand. */
  editMask: [{ readonly mask: RleMask; readonly operation: MaskOperation }, MaskShape];
  /** Of `count` masks evenly spaced between two that have pixels, `take` of them after the first `skip`. */
  interpolate: [
    {
      readonly from: RleMask;
      readonly to: RleMask;
      readonly count: number;
      readonly skip: number;
      readonly take: number;
    },
    readonly MaskShape[],
  ];
  /** How near a mask comes to another: region similarity and contour accuracy, 0..1. */
  measure: [{ readonly mask: RleMask; readonly truth: RleMask }, { readonly j: number; readonly f: number }];
  /** A picture for the screen. */
  encodeImage: [
    {
      readonly data: Uint8Array;
      readonly width: number;
      readonly height: number;
      readonly format: 'webp' | 'jpeg' | 'webp-lossless';
      readonly maxDimension: number;
    },
    { readonly data: Uint8Array; readonly width: number; readonly height: number },
  ];
};
