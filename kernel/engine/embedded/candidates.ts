import type { Candidates } from './decoder';
import type { TrackingParameters } from './parameters';
import type { Prior } from './prior';

/** Beyond this a logit says nothing more; it keeps one answer from shouting down the others. */
const logitLimit = 15;

/** IoU of the cells where `logits` are above 0 with those of `region`; 0 where both are empty. */
export function regionIou(logits: Float32Array, region: Uint8Array): number {
  let intersection = 0;
  let union = 0;
  for (let i = 0; i < region.length; i++) {
    const a = logits[i] > 0;
    const b = region[i] !== 0;
    if (a && b) intersection++;
    if (a || b) union++;
  }
  return union === 0 ? 0 : intersection / union;
}

/** IoU with fractions: of mask and prior, the smaller values summed over the larger ones. */
export function softIou(logits: Float32Array, prior: Prior): number {
  let smaller = 0;
  let larger = 0;
  for (let i = 0; i < prior.length; i++) {
    const inside = logits[i] > 0;
    if (inside) smaller += prior[i];
    larger += inside ? 1 : prior[i];
  }
  return larger === 0 ? 0 : smaller / larger;
}

/** How much of a mask the memory expected: the mean prior inside it, 0..1; 0 for an empty mask. */
export function meanPriorInside(logits: Float32Array, prior: Prior): number {
  let sum = 0;
  let area = 0;
  for (let i = 0; i < logits.length; i++) {
    if (logits[i] <= 0) continue;
    sum += prior[i];
    area++;
  }
  return area === 0 ? 0 : Math.min(1, sum / area);
}

export interface Answer {
  readonly logits: Float32Array;
  /** The decoder's predicted IoU, 0..1. */
  readonly iou: number;
  /** Predicted IoU plus agreement with the prior, plus the bonus of the whole object. */
  readonly score: number;
}

/**
 * The candidate with the best sum of predicted IoU and agreement with what the memory expected. Where a part of an
 * object was hidden the memory expects less than all of it, and a part fits that better: so the whole gets ahead.
 */
export function bestCandidate(candidates: Candidates, prior: Prior, p: TrackingParameters): Answer {
  const answers = candidates.logits.map((logits, i): Answer => {
    const iou = Math.min(1, Math.max(0, candidates.iou[i]));
    const whole = i === 0 ? p.wholeBonus : 0;
    return { logits, iou, score: iou + p.priorWeight * softIou(logits, prior) + whole };
  });
  return answers.reduce((best, answer) => (answer.score > best.score ? answer : best));
}

/** The mean of several answers about one object, weighted by their scores; the predicted IoU is the best one's. */
export function combineAnswers(answers: readonly Answer[], p: TrackingParameters): Answer {
  const best = answers.reduce((top, answer) => (answer.score > top.score ? answer : top));
  const weights = answers.map(({ score }) => Math.exp((score - best.score) * p.sharpness));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const logits = new Float32Array(best.logits.length);
  answers.forEach((answer, a) => {
    const weight = weights[a] / total;
    for (let i = 0; i < logits.length; i++) {
      logits[i] += weight * Math.max(-logitLimit, Math.min(logitLimit, answer.logits[i]));
    }
  });
  return { ...best, logits };
}
