import type { Value } from '../onnx/graph';
import { featureSize, maskSize, type Sam2Config } from './config';
import type { ImageFeatures } from './imageEncoder';
import type { Layers } from './layers';
import { densePositions } from './promptEncoder';
import { twoWayTransformer } from './twoWayTransformer';

const decoder = 'sam_mask_decoder';
/** One for a single answer, three for the readings of an ambiguous prompt. */
export const maskTokens = 4;
/** Mask logits of an object that is not in the frame. */
export const noObjectLogit = -1024;
/** The single answer is stable where moving the threshold by this much hardly changes its area. */
const stability = { delta: 0.05, threshold: 0.98 };

export interface DecodedMasks {
  /** The answer taken: logits [objects, 1, maskSize, maskSize]. */
  readonly mask: Value;
  /** Its predicted IoU, [objects, 1]. */
  readonly iou: Value;
  /** All four answers, the single one first: [objects, 4, maskSize, maskSize] and [objects, 4]. */
  readonly allMasks: Value;
  readonly allIous: Value;
  /** Above 0 where the object is in the frame: [objects, 1]. */
  readonly objectScore: Value;
  /** What later frames know the object by, [objects, dModel]. */
  readonly objectPointer: Value;
}

/** The decoder's readings of an image before one is taken. */
interface ReadMasks {
  /** Its tokens after they have looked at the image: object score, IoU, masks, and then those of the prompts. */
  readonly tokens: Value;
  /** Logits [objects, 4, maskSize * maskSize], the single answer first. */
  readonly masks: Value;
  /** Their predicted IoU, [objects, 4]. */
  readonly ious: Value;
}

/** One of the decoder's own tokens, [objects, dModel]. */
const tokenAt = (n: Layers, { dModel }: Sam2Config, tokens: Value, index: number): Value =>
  n.reshape(n.slice(tokens, 1, index, index + 1), [-1, dModel]);

/** Masks of an image from embedded prompts. @param imageEmbed [objects or 1, dModel, featureSize, featureSize] */
export function readMasks(
  n: Layers,
  config: Sam2Config,
  imageEmbed: Value,
  { highRes0, highRes1 }: Omit<ImageFeatures, 'imageEmbed'>,
  { sparse, dense }: { sparse: Value; dense: Value },
): ReadMasks {
  const { dModel } = config;
  const own = n.concat(
    ['obj_score_token', 'iou_token', 'mask_tokens'].map((name) => n.parameter(`${decoder}.${name}.weight`)),
    0,
  );
  const ownCount = 2 + maskTokens;
  const spread = n.g.op('Expand', [
    n.reshape(own, [1, ownCount, dModel]),
    n.concat([n.batchOf(sparse), n.g.int64([1, 1])], 0),
  ]);
  const { tokens, image } = twoWayTransformer(
    n,
    n.concat([spread, sparse], 1),
    n.toTokens(n.add(imageEmbed, dense), dModel),
    densePositions(n, config),
  );

  // Fine features come in while the image is upscaled.
  const coarse = n.toImage(image, dModel, featureSize(config));
  const at = `${decoder}.output_upscaling`;
  const middle = n.activate(n.layerNorm2d(n.add(n.upscale(coarse, `${at}.0`), highRes1), `${at}.1`), 'Gelu');
  const fine = n.activate(n.add(n.upscale(middle, `${at}.3`), highRes0), 'Gelu');
  const hyper = Array.from({ length: maskTokens }, (_, i) =>
    n.reshape(
      n.mlp(tokenAt(n, config, tokens, 2 + i), `${decoder}.output_hypernetworks_mlps.${i}`, 3, 'Relu'),
      [-1, 1, dModel / 8],
    ),
  );
  const size = maskSize(config);
  const masks = n.g.op('MatMul', [n.concat(hyper, 1), n.reshape(fine, [0, dModel / 8, size * size])]);
  const head = n.mlp(tokenAt(n, config, tokens, 1), `${decoder}.iou_prediction_head`, 3, 'Relu');
  return { tokens, masks, ious: n.g.op('Sigmoid', [head]) };
}

/**
 * SAM 2's mask decoder with its heads for predicted IoU, object score and object pointer (Ravi et al. 2024, section
 * C.1), and the choice among its answers.
 * @param imageEmbed [objects or 1, dModel, featureSize, featureSize], conditioned on memory or not.
 * @param multimask [1], 1 to take the best of three answers (an ambiguous prompt), 0 to take the single one, or the
 *   best of three where that is not stable.
 */
export function maskDecoder(
  n: Layers,
  config: Sam2Config,
  imageEmbed: Value,
  fine: Omit<ImageFeatures, 'imageEmbed'>,
  prompts: { sparse: Value; dense: Value },
  multimask: Value,
): DecodedMasks {
  const { tokens, masks, ious } = readMasks(n, config, imageEmbed, fine, prompts);
  const size = maskSize(config);
  const objectScore = n.mlp(tokenAt(n, config, tokens, 0), `${decoder}.pred_obj_score_head`, 3, 'Relu');

  const { answer, pointerToken } = choose(n, config, masks, ious, multimask);
  const appears = n.isAbove(objectScore, 0);
  const gated = n.g.op('Where', [n.reshape(appears, [-1, 1, 1]), masks, n.scalar(noObjectLogit)]);
  const pick = (from: Value, index: Value): Value => n.g.op('GatherND', [from, index], { batch_dims: 1 });
  const chosenToken = pick(n.slice(tokens, 1, 2, 2 + maskTokens), pointerToken);
  return {
    mask: n.reshape(pick(gated, answer), [-1, 1, size, size]),
    iou: n.reshape(pick(ious, answer), [-1, 1]),
    allMasks: n.reshape(gated, [-1, maskTokens, size, size]),
    allIous: ious,
    objectScore,
    objectPointer: n.g.op('Where', [
      appears,
      n.mlp(chosenToken, 'obj_ptr_proj', 3, 'Relu'),
      n.parameter('no_obj_ptr'),
    ]),
  };
}

/**
 * Which answer is taken, and whose token becomes the object pointer: indices 0..3, [objects, 1] each.
 * @param masks [objects, 4, pixels], before absent objects are taken out.
 */
function choose(
  n: Layers,
  { flags }: Sam2Config,
  masks: Value,
  ious: Value,
  multimask: Value,
): { answer: Value; pointerToken: Value } {
  const best = n.add(n.g.op('ArgMax', [n.slice(ious, 1, 1, maskTokens)], { axis: 1 }), n.g.int64([1]));
  const single = n.g.op('Expand', [n.g.int64([0]), n.g.op('Shape', [best])]);
  const ambiguous = n.isAbove(multimask, 0.5);
  const unambiguous = flags.dynamicMultimask
    ? n.g.op('Where', [isStable(n, n.slice(masks, 1, 0, 1)), single, best])
    : single;
  return {
    answer: n.g.op('Where', [ambiguous, best, unambiguous]),
    pointerToken: n.g.op('Where', [ambiguous, best, single]),
  };
}

/** Whether the area hardly depends on the threshold; an empty mask is stable. @param masks [objects, 1, pixels] */
function isStable(n: Layers, masks: Value): Value {
  const area = (above: number): Value =>
    n.g.op('ReduceSum', [n.toFloat(n.isAbove(masks, above)), n.g.int64([2])], { keepdims: 0 });
  const [inner, outer] = [area(stability.delta), area(-stability.delta)];
  const score = n.g.op('Where', [n.isAbove(outer, 0), n.g.op('Div', [inner, outer]), n.scalar(1)]);
  return n.g.op('GreaterOrEqual', [score, n.scalar(stability.threshold)]);
}
