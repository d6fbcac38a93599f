import type { Box, RleMask } from '../protocol';

/** The pixel worker's methods: everything that loops over pixels off the main thread. */
export type PixelApi = {
  /** Stretches an RGB picture to size x size and normalises it: planar float32 [3, size, size]. */
  preprocess: [
    {
      readonly data: Uint8Array;
      readonly width: number;
      readonly height: number;
      readonly size: number;
      readonly mean: readonly number[];
      readonly std: readonly number[];
    },
    { readonly tensor: Float32Array; readonly ms: number },
  ];
  /** Logits [size, size] over the stretched square to a mask in video pixels. */
  postprocess: [
    {
      readonly logits: readonly Float32Array[];
      readonly size: number;
      readonly width: number;
      readonly height: number;
    },
    {
      readonly masks: readonly { readonly mask: RleMask; readonly area: number; readonly bbox: Box }[];
      readonly ms: number;
    },
  ];
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
