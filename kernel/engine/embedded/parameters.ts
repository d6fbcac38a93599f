export const featureChannels = 256;
/** Mask samples along the side of one feature cell. */
export const patchSide = 4;
export const patchSize = patchSide * patchSide;
/** Pixels of the encoder's input along the side of one mask sample. */
const sampleSide = 4;

/** Side of the decoder's mask logits, and of the masks it takes as a hint, for an input of `size` x `size` pixels. */
export const maskGridOf = (size: number): number => size / sampleSide;
/** Side of the encoder's coarsest feature map, in cells. */
export const featureGridOf = (size: number): number => size / sampleSide / patchSide;

/** Side of a square map that is kept row by row. */
export const sideOf = (map: { readonly length: number }): number => Math.round(Math.sqrt(map.length));

/** One way to ask the decoder about an expected object. */
export interface PromptStyle {
  /** The box around it. */
  readonly box: boolean;
  /** How many points inside. */
  readonly points: number;
  /** The expected mask itself. */
  readonly hint: boolean;
}

/** What tracking is tuned by; test/bench/README.md has the figures behind the defaults. */
export interface TrackingParameters {
  /** Conditioning frames remembered: the nearest ones. */
  readonly conditioningFrames: number;
  /** Which of the trusted frames passed are remembered: 0 is the last one. */
  readonly recentOffsets: readonly number[];
  /** A tracked mask with a lower predicted IoU is not remembered. */
  readonly rememberIou: number;
  /** Cells of each remembered frame that each cell of a new frame listens to. */
  readonly topK: number;
  /** Multiplies cosine similarities before the softmax. */
  readonly temperature: number;
  /** How far objects move between remembered frames, in cells; 0: anywhere. */
  readonly recentSigma: number;
  readonly conditioningSigma: number;
  /** Added to the logits of conditioning frames, whose masks are certain. */
  readonly conditioningBias: number;
  /** No sample of the prior above this, or a mask with a lower mean prior: the object is absent. */
  readonly presentAbove: number;
  /**
   * The mean prior times the predicted IoU from which an object is back that the frame before does not remember: what
   * resembles it most is found everywhere, but seldom expected and well separated at once.
   */
  readonly returnAbove: number;
  /** Share of the prior's peak above which a sample belongs to the object. */
  readonly threshold: number;
  /** Components smaller than this share of the largest are not prompted for. */
  readonly componentShare: number;
  /** Slope of the prior as mask logits. */
  readonly hintSlope: number;
  /** The ways in which the decoder is asked about one object. */
  readonly styles: readonly PromptStyle[];
  /** Weight of agreement with the prior against the predicted IoU in a candidate's score. */
  readonly priorWeight: number;
  /** What the decoder's first candidate, the whole object, gets ahead of the others, which are parts, in its score. */
  readonly wholeBonus: number;
  /** How much more a better scored answer counts when those to all styles are averaged. */
  readonly sharpness: number;
}

export const trackingDefaults: TrackingParameters = {
  conditioningFrames: 2,
  recentOffsets: [0, 1, 3],
  rememberIou: 0.5,
  topK: 10,
  temperature: 30,
  recentSigma: 12,
  conditioningSigma: 0,
  conditioningBias: 2,
  presentAbove: 0.15,
  returnAbove: 0.45,
  threshold: 0.5,
  componentShare: 0.1,
  hintSlope: 20,
  styles: [
    { box: true, points: 1, hint: true },
    { box: false, points: 1, hint: true },
  ],
  priorWeight: 1,
  wholeBonus: 0.2,
  sharpness: 5,
};
