import type { View } from '../../../shared/domain/annotations';
import { MaskletError } from '../../../shared/protocol/errors';
import { cropRle } from '../../masks/maskPart';
import type { ObjectPrompt } from '../videoModel';
import { regionIou } from './candidates';
import { maskCoverage } from './coverage';
import type { Candidates, DecoderPrompt } from './decoder';
import { maskGridOf, sideOf } from './parameters';
import type { PromptAnswer, PromptQuestion } from './workerApi';

/** Logits of a mask given as a hint: SAM 2's own are of about this size inside and outside. */
const hintStrength = 10;
/**
 * The decoder's first candidate is the whole thing, the others are parts of it. A lone click on an object of DAVIS
 * nearly always meant the whole one, so that it gets this much ahead: over 108 clicks, mean IoU 0.73 against 0.67 by
 * predicted IoU alone. More would gain a little there and lose where the first candidate is plainly worse.
 */
const wholeBonus = 0.2;
/** What a click on the wrong side of a candidate's outline costs, in units of IoU. */
const missedClick = 1;

/**
 * A prompt in video pixels as the decoder takes it: in pixels of the square of `size` that `part` is stretched to.
 * @throws MaskletError `prompt/invalid` where it has neither a point nor a box.
 */
export function toQuestion(prompt: ObjectPrompt, { part, size }: View): PromptQuestion {
  const [left, top, right, bottom] = part;
  const atX = (x: number): number => ((x - left) * size) / (right - left);
  const atY = (y: number): number => ((y - top) * size) / (bottom - top);
  const points = prompt.points.map(({ x, y, label }) => [atX(x), atY(y), label] as const);
  const coordinates = points.flatMap(([x, y]) => [x, y]);
  const labels: number[] = points.map(([, , label]) => label);
  if (prompt.box) {
    const [x0, y0, x1, y1] = prompt.box;
    coordinates.push(atX(x0), atY(y0), atX(x1), atY(y1));
    labels.push(2, 3);
  }
  if (labels.length === 0) {
    throw new MaskletError('prompt/invalid', 'The prompt has no point and no box.', {
      hint: 'Click the object or draw a box around it.',
    });
  }
  const given = prompt.previous ?? prompt.mask;
  const previous = given && cropRle(given, part);
  const { candidate } = prompt;
  return {
    prompt: { coordinates, labels },
    size,
    points,
    ...(previous ? { previous } : {}),
    ...(candidate ? { candidate } : {}),
  };
}

/** What the decoder is asked: the prompt, with the mask that is being corrected as a hint. */
export function questionPrompt({ prompt, size, previous }: PromptQuestion): DecoderPrompt {
  if (!previous) return prompt;
  const hint = maskCoverage(previous, maskGridOf(size)).map((share) => (share * 2 - 1) * hintStrength);
  return { ...prompt, hint };
}

/**
 * The best of the decoder's candidates, or the one after it that was asked for: predicted IoU, less a penalty for clicks on the wrong side, plus agreement
 * with the mask that is being corrected. A lone click prefers the whole object.
 */
export function answerPrompt(
  { prompt, points, previous, candidate = 0 }: PromptQuestion,
  candidates: Candidates,
): PromptAnswer {
  const lone = prompt.labels.length === 1 && !previous;
  const maskGrid = sideOf(candidates.logits[0]);
  const region =
    previous && Uint8Array.from(maskCoverage(previous, maskGrid), (share) => (share >= 0.5 ? 1 : 0));
  const scores = candidates.logits.map((logits, i) => {
    const missed = points.filter(
      ([x, y, label]) => logits[cellAt(x, y, maskGrid)] > 0 !== (label === 1),
    ).length;
    const whole = lone && i === 0 ? wholeBonus : 0;
    return candidates.iou[i] + whole - missedClick * missed + (region ? regionIou(logits, region) : 0);
  });
  const chosen = scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a])[candidate];
  return { logits: candidates.logits[chosen], iou: Math.min(1, Math.max(0, candidates.iou[chosen])) };
}

/** The cell of the decoder's grid at a point of the encoder's square. */
function cellAt(x: number, y: number, maskGrid: number): number {
  const clamp = (value: number): number => Math.min(maskGrid - 1, Math.max(0, Math.floor(maskGridOf(value))));
  return clamp(y) * maskGrid + clamp(x);
}
