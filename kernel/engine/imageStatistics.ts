/** What SAM 2's RGB input, scaled to 0..1, is normalised by: ImageNet's statistics. */
export const imageMean = [0.485, 0.456, 0.406] as const;
export const imageStd = [0.229, 0.224, 0.225] as const;
