import type { RunModel } from '../onnx/tensors';
import { bestCandidate, combineAnswers, meanPriorInside } from './candidates';
import { decode, type FrameFeatures } from './decoder';
import { sideOf, type TrackingParameters } from './parameters';
import { peakOf, promptsFromPrior, smooth } from './prior';
import { readMemory, type RememberedFrame } from './readout';

export interface TrackingModels {
  readonly decoder: RunModel;
  /** The graph of `memoryReadoutModel`. */
  readonly memory: RunModel;
}

export interface Tracked {
  /** Mask logits [size / 4, size / 4]; undefined where the object is absent. */
  readonly logits: Float32Array | undefined;
  /** The decoder's predicted IoU, 0..1. */
  readonly iou: number;
  /** How sure the memory is that the object is here, 0..1: the mean of what it expected over the mask found. */
  readonly objectScore: number;
}

export interface TrackTimes {
  readonly memoryReadMs: number;
  readonly maskDecodeMs: number;
}

/**
 * Objects on a new frame from what is remembered of others: the memory says where each is expected, the decoder is
 * asked about that in several ways, and its answers are weighed by their predicted IoU and by how well they agree
 * with what was expected.
 * @param query the new frame's cells, as `matchFeatures` gives them.
 * @param wasSeen the objects are remembered from a frame beside this one.
 */
export async function trackObjects(
  models: TrackingModels,
  frame: FrameFeatures,
  query: Uint8Array,
  memories: readonly RememberedFrame[],
  objects: number,
  wasSeen: boolean,
  p: TrackingParameters,
): Promise<{ tracked: Tracked[]; times: TrackTimes }> {
  const start = performance.now();
  const raw = await readMemory(models.memory, query, frame.size, memories, objects, p);
  const priors = raw.map((prior) => smooth(prior, sideOf(prior)));
  const prompts = priors.map((prior) => promptsFromPrior(prior, p));
  const afterRead = performance.now();

  const candidates = await decode(models.decoder, frame, prompts.flat());
  let next = 0;
  const tracked = priors.map((prior, object): Tracked => {
    const asked = prompts[object].length;
    if (asked === 0) return { logits: undefined, iou: 0, objectScore: peakOf(prior) };
    const answers = candidates.slice(next, next + asked).map((given) => bestCandidate(given, prior, p));
    next += asked;
    const { logits, iou } = combineAnswers(answers, p);
    const objectScore = meanPriorInside(logits, prior);
    // The decoder always finds something: what the memory did not expect is something else.
    const present = wasSeen ? objectScore >= p.presentAbove : objectScore * iou >= p.returnAbove;
    return { logits: present ? logits : undefined, iou, objectScore };
  });
  return { tracked, times: { memoryReadMs: afterRead - start, maskDecodeMs: performance.now() - afterRead } };
}
