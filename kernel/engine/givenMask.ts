import { rleArea, rleBox } from '../masks/rle';
import type { RleMask } from '../../shared/domain/annotations';
import type { ObjectPrompt, Prediction } from './videoModel';

/** A mask given as the prompt is its own answer. */
function givenMask(mask: RleMask): Prediction {
  const area = rleArea(mask);
  return { mask, area, bbox: rleBox(mask), iou: null, objectScore: null, present: area > 0 };
}

/**
 * Which prompts the model has to be asked: a mask without clicks that correct it is the answer already.
 * @returns an entry a prompt, those of `asked` yet to be filled.
 */
export function answerGivenMasks(prompts: readonly ObjectPrompt[]): {
  predictions: Prediction[];
  asked: readonly number[];
} {
  const predictions = new Array<Prediction>(prompts.length);
  const asked: number[] = [];
  prompts.forEach((prompt, i) => {
    if (prompt.mask && prompt.points.length === 0) predictions[i] = givenMask(prompt.mask);
    else asked.push(i);
  });
  return { predictions, asked };
}

/** A score as it is stored. */
export const round4 = (value: number): number => Math.round(value * 10_000) / 10_000;
