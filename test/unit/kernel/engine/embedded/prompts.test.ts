import { describe, expect, it } from 'vitest';
import {
  bestCandidate,
  combineAnswers,
  meanPriorInside,
  softIou,
} from '../../../../../kernel/engine/embedded/candidates';
import { decode, type Candidates, type FrameFeatures } from '../../../../../kernel/engine/embedded/decoder';
import { trackingDefaults } from '../../../../../kernel/engine/embedded/parameters';
import { assemblePrior, promptsFromPrior, splitPatches } from '../../../../../kernel/engine/embedded/prior';
import { answerPrompt, questionPrompt, toQuestion } from '../../../../../kernel/engine/embedded/prompts';
import type { Tensors } from '../../../../../kernel/engine/onnx/tensors';
import { encodeRle } from '../../../../../kernel/masks/rle';

const grid = 256;
/** A map that is `inside` in a rectangle of the decoder's grid and `outside` elsewhere. */
function rectangle(x0: number, y0: number, x1: number, y1: number, inside = 5, outside = -5): Float32Array {
  const map = new Float32Array(grid * grid).fill(outside);
  for (let y = y0; y < y1; y++) map.fill(inside, y * grid + x0, y * grid + x1);
  return map;
}

describe('prompts', () => {
  it('are stretched to the square of the encoder, boxes after points', () => {
    const { prompt, points } = toQuestion(
      { points: [{ x: 100, y: 50, label: 0 }], box: [10, 20, 110, 75] },
      { part: [0, 0, 200, 100], size: 1024 },
    );
    expect(prompt).toEqual({ coordinates: [512, 512, 51.2, 204.8, 563.2, 768], labels: [0, 2, 3] });
    expect(points).toEqual([[512, 512, 0]]);
  });

  it('are taken within the part of the frame that the encoder looks at', () => {
    const mask = new Uint8Array(200 * 100);
    for (let y = 40; y < 60; y++) mask.fill(1, y * 200 + 90, y * 200 + 110);
    const previous = encodeRle(mask, 200, 100);
    const question = toQuestion(
      { points: [{ x: 100, y: 50, label: 1 }], previous },
      { part: [80, 30, 120, 70], size: 448 },
    );
    expect(question.prompt.coordinates).toEqual([224, 224]);
    const { hint } = questionPrompt(question);
    expect(hint).toHaveLength(112 ** 2);
    // The middle half of the part both ways.
    expect(hint!.filter((value) => value > 0)).toHaveLength(56 ** 2);
  });

  it('carry the mask that is being corrected as a hint', () => {
    const mask = new Uint8Array(100 * 100);
    for (let y = 25; y < 75; y++) mask.fill(1, y * 100 + 25, y * 100 + 75);
    const previous = encodeRle(mask, 100, 100);
    const { hint } = questionPrompt(
      toQuestion({ points: [{ x: 5, y: 5, label: 1 }], previous }, { part: [0, 0, 100, 100], size: 1024 }),
    );
    expect(hint![128 * grid + 128]).toBe(10);
    expect(hint![10 * grid + 10]).toBe(-10);
    expect(hint).toHaveLength(grid * grid);
  });

  const candidates: Candidates = {
    logits: [rectangle(0, 0, 200, 200), rectangle(0, 0, 100, 100), rectangle(0, 0, 50, 50)],
    iou: [0.75, 0.9, 0.8],
  };
  const whole = { part: [0, 0, grid, grid], size: 1024 } as const;
  const click = (x: number, y: number, label: 0 | 1) => ({ x, y, label });

  it('prefer the whole object for a lone click, the best scored one otherwise', () => {
    expect(answerPrompt(toQuestion({ points: [click(10, 10, 1)] }, whole), candidates).logits).toBe(
      candidates.logits[0],
    );
    const two = toQuestion({ points: [click(10, 10, 1), click(12, 10, 1)] }, whole);
    expect(answerPrompt(two, candidates)).toEqual({ logits: candidates.logits[1], iou: 0.9 });
  });

  it('respect the clicks before the scores', () => {
    const inOuter = toQuestion({ points: [click(10, 10, 1), click(150, 150, 1)] }, whole);
    expect(answerPrompt(inOuter, candidates).logits).toBe(candidates.logits[0]);
    const notMiddle = toQuestion({ points: [click(10, 10, 1), click(80, 80, 0)] }, whole);
    expect(answerPrompt(notMiddle, candidates).logits).toBe(candidates.logits[2]);
  });
});

describe('tracking', () => {
  it('splits maps into patches and puts them together again', () => {
    const map = Float32Array.from({ length: grid * grid }, (_, i) => i);
    expect(assemblePrior(splitPatches(map))).toEqual(map);
    // The second cell's first row: four samples to the right of the first cell's.
    expect([...splitPatches(map).subarray(16, 21)]).toEqual([4, 5, 6, 7, 260]);
  });

  it('asks for a box, a point inside and the mask where the prior is', () => {
    const prior = rectangle(40, 60, 80, 160, 0.9, 0);
    const prompts = promptsFromPrior(prior, {
      ...trackingDefaults,
      styles: [
        { box: true, points: 1, hint: true },
        { box: false, points: 3, hint: false },
      ],
    });
    expect(prompts[0].labels).toEqual([1, 2, 3]);
    expect(prompts[0].coordinates.slice(2)).toEqual([160, 240, 320, 640]);
    expect(prompts[0].hint![100 * grid + 60]).toBeGreaterThan(0);
    expect(prompts[0].hint![0]).toBeLessThan(0);
    expect(prompts[1].labels).toEqual([1, 1, 1]);
    expect(prompts[1].hint).toBeUndefined();
    for (let i = 0; i < 3; i++) {
      const x = Math.floor(prompts[1].coordinates[2 * i] / 4);
      const y = Math.floor(prompts[1].coordinates[2 * i + 1] / 4);
      expect(prior[y * grid + x]).toBeGreaterThan(0.5);
    }
  });

  it('takes an object for absent where the prior is nowhere high enough', () => {
    const low = rectangle(0, 0, 256, 256, trackingDefaults.presentAbove / 2, 0);
    expect(promptsFromPrior(low, trackingDefaults)).toEqual([]);
  });

  it('weighs predicted IoU against agreement with the prior', () => {
    const prior = rectangle(0, 0, 100, 100, 1, 0);
    const candidates: Candidates = {
      logits: [rectangle(0, 0, 200, 100), rectangle(0, 0, 100, 100)],
      iou: [0.95, 0.7],
    };
    expect(bestCandidate(candidates, prior, { ...trackingDefaults, priorWeight: 0 }).iou).toBe(0.95);
    expect(bestCandidate(candidates, prior, { ...trackingDefaults, priorWeight: 1 }).iou).toBe(0.7);
    expect(meanPriorInside(candidates.logits[0], prior)).toBeCloseTo(0.5, 6);
    expect(meanPriorInside(candidates.logits[1], prior)).toBe(1);
    expect(softIou(candidates.logits[0], prior)).toBeCloseTo(0.5, 6);
  });

  it('lets the whole object get ahead of a part that fits what is remembered better', () => {
    const prior = rectangle(0, 0, 100, 100, 1, 0);
    const whole = rectangle(0, 0, 120, 100);
    const candidates: Candidates = { logits: [whole, rectangle(0, 0, 100, 100)], iou: [0.9, 0.9] };
    expect(bestCandidate(candidates, prior, { ...trackingDefaults, wholeBonus: 0 }).logits).not.toBe(whole);
    expect(bestCandidate(candidates, prior, { ...trackingDefaults, wholeBonus: 0.2 }).logits).toBe(whole);
  });
});

describe('combined answers', () => {
  const sure = { logits: rectangle(0, 0, 100, 100), iou: 0.9, score: 1.8 };
  const other = { logits: rectangle(0, 0, 100, 200), iou: 0.8, score: 1.8 };

  it('are an even mean where the scores are even', () => {
    const { logits } = combineAnswers([sure, other], trackingDefaults);
    expect(logits[0]).toBeCloseTo(5, 5);
    expect(logits[150 * grid]).toBeCloseTo(0, 5);
    expect(logits[255 * grid]).toBeCloseTo(-5, 5);
  });

  it('follow the better scored one, and take over its predicted IoU', () => {
    const { logits, iou } = combineAnswers([{ ...other, score: 1.2 }, sure], {
      ...trackingDefaults,
      sharpness: 10,
    });
    expect(logits[150 * grid]).toBeLessThan(-4.9);
    expect(iou).toBe(0.9);
  });
});

describe('decode', () => {
  const frame: FrameFeatures = {
    size: 1024,
    imageEmbed: new Float32Array(1),
    highRes0: new Float32Array(1),
    highRes1: new Float32Array(1),
  };

  it('pads prompts of different lengths, keeps hinted ones apart, and gives results in the order asked', async () => {
    const runs: Tensors[] = [];
    const run = (feeds: Tensors): Promise<Tensors> => {
      runs.push(feeds);
      const [objects, points] = feeds.point_labels.dims;
      // Predicted IoU tells which prompt was asked: its first coordinate.
      const iou = Float32Array.from(
        { length: objects * 3 },
        (_, i) => feeds.point_coords.data[Math.floor(i / 3) * points * 2],
      );
      return Promise.resolve({
        masks: { data: new Float32Array(objects * 3 * grid * grid), dims: [objects, 3, grid, grid] },
        iou_predictions: { data: iou, dims: [objects, 3] },
      });
    };
    const hint = new Float32Array(grid * grid).fill(1);
    const prompts = [
      { coordinates: [1, 1], labels: [1] },
      { coordinates: [2, 2, 3, 3], labels: [2, 3], hint },
      { coordinates: [4, 4, 5, 5, 6, 6], labels: [1, 0, 1] },
    ];
    const found = await decode(run, frame, prompts, 8);
    expect(found.map(({ iou }) => iou[0])).toEqual([1, 2, 4]);
    expect(runs).toHaveLength(2);
    expect([...runs[0].has_mask_input.data]).toEqual([1]);
    expect([...runs[1].has_mask_input.data]).toEqual([0]);
    expect([...runs[1].point_labels.data]).toEqual([1, -1, -1, 1, 0, 1]);
    expect(runs[1].point_coords.dims).toEqual([2, 3, 2]);
    expect((await decode(run, frame, prompts)).map(({ iou }) => iou[0])).toEqual([1, 2, 4]);
    expect(runs).toHaveLength(5);
  });
});
