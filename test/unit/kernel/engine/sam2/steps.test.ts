import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { selectMemory } from '../../../../../kernel/engine/sam2/memoryBank';
import {
  encodeImage,
  readClicks,
  remember,
  segmentFromPoints,
  track,
  type Sam2Model,
} from '../../../../../kernel/engine/sam2/steps';
import { VideoPredictor, type VideoPredictorOptions } from '../../../../parity/videoPredictor';
import { buildModel, type BuiltModel } from '../../../../../models/sam2/build';
import { maskSize } from '../../../../../models/sam2/config';
import { graphNames } from '../../../../../models/sam2/graphs';
import { microConfig, writeRandomCheckpoint } from '../../../../support/randomCheckpoint';
import { loadOnThisThread } from '../../../../support/sam2Model';

const { imageSize, trunk } = microConfig;
const hints = {
  imageSize,
  trunk: { numHeads: trunk.numHeads, globalBlocks: trunk.globalBlocks, windows: trunk.windows },
};
const side = maskSize(microConfig);

let folder: string;
let built: BuiltModel;
let model: Sam2Model;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'masklet-sam2-'));
  writeRandomCheckpoint(join(folder, 'micro.pt'), microConfig);
  built = await buildModel(join(folder, 'micro.pt'), {
    cacheFolder: join(folder, 'cache'),
    sha256: 'micro',
    hints,
  });
  model = await loadOnThisThread(built);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A bright square on a dark ground, `shift` pixels to the right of where it began. */
function picture(shift: number): Float32Array {
  const image = new Float32Array(3 * imageSize * imageSize).fill(-1);
  for (let c = 0; c < 3; c++) {
    for (let y = 40; y < 80; y++) {
      image.fill(
        2,
        (c * imageSize + y) * imageSize + 30 + shift,
        (c * imageSize + y) * imageSize + 70 + shift,
      );
    }
  }
  return image;
}

const click = { coordinates: [50, 60], labels: [1] };
const largest = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

describe('readClicks', () => {
  it('gives all readings of a click, the one that segmenting takes among them, whatever else is clicked', async () => {
    const frame = await encodeImage(model, picture(0));
    const points: [number, number][] = [
      [50, 60],
      [100, 20],
      [5, 5],
    ];
    const together = await readClicks(model, frame, points);
    for (const [i, point] of points.entries()) {
      const { logits, iou } = together[i];
      expect([logits.length, iou.length, logits[0].length]).toEqual([3, 3, side * side]);
      const [alone] = await readClicks(model, frame, [point]);
      alone.logits.forEach((map, n) => expect(largest(map, logits[n])).toBeLessThan(1e-3));
      const [taken] = await segmentFromPoints(model, frame, [{ coordinates: point, labels: [1] }]);
      const best = iou.indexOf(Math.max(...iou));
      expect(largest(taken.logits, logits[best])).toBeLessThan(1e-3);
      expect(taken.iou).toBeCloseTo(iou[best], 4);
    }
  });
});

describe('buildModel', () => {
  it('points into the linked checkpoint and builds once', async () => {
    expect(built.config).toEqual(microConfig);
    const checkpoint = join(built.folder, 'checkpoint');
    expect(statSync(checkpoint).ino).toBe(statSync(join(folder, 'micro.pt')).ino);
    expect(readdirSync(built.folder).sort()).toEqual(
      [...graphNames.map((name) => `${name}.onnx`), 'checkpoint', 'model.json'].sort(),
    );
    const before = statSync(built.graphs.mask_decoder).mtimeMs;
    const again = await buildModel('nowhere.pt', {
      cacheFolder: join(folder, 'cache'),
      sha256: 'micro',
      hints,
    });
    expect(again).toEqual(built);
    expect(statSync(built.graphs.mask_decoder).mtimeMs).toBe(before);
  });

  it('casts a bfloat16 checkpoint into a data file of its own', async () => {
    writeRandomCheckpoint(join(folder, 'half.pt'), microConfig, 'BFloat16Storage');
    const half = await buildModel(join(folder, 'half.pt'), {
      cacheFolder: join(folder, 'cache'),
      sha256: 'half',
      hints,
    });
    expect(readdirSync(half.folder)).toContain('weights.bin');
    const exact = await encodeImage(model, picture(0));
    const cast = await encodeImage(await loadOnThisThread(half), picture(0));
    expect(largest(cast.imageEmbed, exact.imageEmbed)).toBeLessThan(1e-5);
  });

  it('leaves nothing behind where it fails', async () => {
    writeRandomCheckpoint(join(folder, 'large.pt'), {
      ...microConfig,
      memoryFrames: 3,
      dModel: 64,
      memDim: 8,
    });
    const cacheFolder = join(folder, 'failing');
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(
      buildModel(join(folder, 'large.pt'), { cacheFolder, sha256: 'x', hints, signal }),
    ).rejects.toThrow('stop');
    expect(readdirSync(cacheFolder)).toEqual([]);
  });
});

describe('the steps', () => {
  it('give the same for objects together and one by one', async () => {
    const first = await encodeImage(model, picture(0));
    const next = await encodeImage(model, picture(3));
    const prompts = [click, { coordinates: [90, 20], labels: [1] }, { coordinates: [10, 100], labels: [0] }];
    const together = await segmentFromPoints(model, first, prompts);
    const memories = await remember(model, first, together, true);
    const selections = together.map((output, i) =>
      selectMemory(microConfig, 1, false, 10, new Map([[0, { ...output, memory: memories[i] }]]), new Map(), {
        maxConditioningFrames: 0,
      }),
    );
    const tracked = await track(model, next, selections);
    for (const [i, prompt] of prompts.entries()) {
      const [alone] = await segmentFromPoints(model, first, [prompt]);
      expect(largest(alone.logits, together[i].logits)).toBeLessThan(1e-4);
      expect(largest(alone.pointer, together[i].pointer)).toBeLessThan(1e-4);
      const [memory] = await remember(model, first, [alone], true);
      expect(largest(memory, memories[i])).toBeLessThan(1e-4);
      const [followed] = await track(model, next, [selections[i]]);
      expect(largest(followed.logits, tracked[i].logits)).toBeLessThan(1e-4);
    }
    await expect(segmentFromPoints(model, first, [click, { coordinates: [], labels: [] }])).rejects.toThrow(
      RangeError,
    );
  });
});

describe('VideoPredictor', () => {
  const video = {
    frameCount: 6,
    width: 160,
    height: 120,
    features: (frame: number) => encodeImage(model, picture(2 * frame)),
  };

  it('goes back only over frames that exist, and says which prompts it cannot take', async () => {
    const predictor = new VideoPredictor<string>(model, video);
    await expect(predictor.addPoints('a', 0, {})).rejects.toThrow(/point or a box/);
    await expect(predictor.addPoints('a', 0, { points: [[1, 1]], labels: [] })).rejects.toThrow(/label/);
    await predictor.addPoints('a', 2, { box: [40, 40, 90, 80] });
    const order: number[] = [];
    for await (const { frame } of predictor.propagate({ reverse: true })) order.push(frame);
    expect(order).toEqual([2, 1, 0]);
    predictor.clearPrompts('a', 2);
    await expect(predictor.propagate().next()).rejects.toThrow(/has no prompt/);
    predictor.removeObject('a');
    expect(predictor.objects).toEqual([]);
  });

  it('leaves each pixel to one object where masks must not overlap', async () => {
    const predictor = new VideoPredictor<string>(model, video, { nonOverlapMasks: true });
    const half = (left: number): Float32Array =>
      Float32Array.from({ length: 160 * 120 }, (_, i) => (i % 160 >= left && i % 160 < left + 100 ? 1 : 0));
    await predictor.addMask('a', 0, { data: half(0), width: 160, height: 120 });
    await predictor.addMask('b', 0, { data: half(60), width: 160, height: 120 });
    const [a, b] = predictor.videoLogits(predictor.outputsAt(0));
    const inside = (plane: Float32Array): number => plane.filter((value) => value > 0).length;
    expect(a.some((value, i) => value > 0 && b[i] > 0)).toBe(false);
    expect(inside(a) + inside(b)).toBeGreaterThan(0.98 * 160 * 120);
    expect(predictor.outputsAt(0).get('a')!.logits.length).toBe(side * side);
  });

  it('makes a corrected frame a conditioning frame, so that the correction lasts', async () => {
    const mask = Float32Array.from({ length: 160 * 120 }, (_, i) => (i % 160 < 50 ? 1 : 0));
    const predictor = new VideoPredictor<string>(model, video);
    await predictor.addPoints('a', 0, { points: [[60, 60]], labels: [1] });
    for await (const { frame } of predictor.propagate()) expect(frame).toBeLessThan(6);
    const given = await predictor.addMask('a', 3, { data: mask, width: 160, height: 120 });
    for await (const { frame, outputs } of predictor.propagate()) {
      if (frame === 3) expect(outputs.get('a')!.logits).toEqual(given.logits);
    }
  });

  it('takes objects in after tracking began, and lets go of them, without a change to the others', async () => {
    const run = async (predictor: VideoPredictor<string>): Promise<Map<string, Float32Array>> => {
      const found = new Map<string, Float32Array>();
      for await (const { frame, outputs } of predictor.propagate({ start: 0 }))
        for (const [object, { logits }] of outputs) found.set(`${object}/${frame}`, logits);
      return found;
    };
    const alone = new VideoPredictor<string>(model, video);
    await alone.addPoints('a', 0, { points: [[60, 60]], labels: [1] });
    const expected = await run(alone);
    const predictor = new VideoPredictor<string>(model, video);
    await predictor.addPoints('a', 0, { points: [[60, 60]], labels: [1] });
    await run(predictor);
    await predictor.addPoints('late', 3, { box: [40, 40, 90, 80] });
    const both = await run(predictor);
    expect([...both.keys()].filter((key) => key.startsWith('late'))).toHaveLength(video.frameCount);
    for (const [key, logits] of expected) expect(both.get(key)).toEqual(logits);
    predictor.removeObject('late');
    const after = await run(predictor);
    expect([...after.keys()]).toEqual([...expected.keys()]);
    for (const [key, logits] of expected) expect(after.get(key)).toEqual(logits);
  });

  it('fills holes up to the given area in what it shows', async () => {
    const ring = Float32Array.from({ length: 160 * 120 }, (_, i) => {
      const [x, y] = [i % 160, Math.floor(i / 160)];
      const hole = x >= 75 && x < 85 && y >= 55 && y < 65;
      return x > 40 && x < 120 && y > 30 && y < 90 && !hole ? 1 : 0;
    });
    const middle = (logits: Float32Array): number => logits[(side / 2) * side + side / 2];
    for (const [fillHoleArea, filled] of [
      [0, false],
      [side, true],
    ] as const) {
      const predictor = new VideoPredictor<string>(model, video, { fillHoleArea });
      const { logits } = await predictor.addMask('a', 0, { data: ring, width: 160, height: 120 });
      expect(middle(logits) > 0).toBe(filled);
    }
  });

  it('keeps a corrected frame as one that was tracked where it is told to, and forgets what is around it', async () => {
    const rest = async (options: Partial<VideoPredictorOptions>): Promise<number[]> => {
      const predictor = new VideoPredictor<string>(model, video, options);
      await predictor.addPoints('a', 0, { points: [[60, 60]], labels: [1] });
      for await (const { frame } of predictor.propagate()) expect(frame).toBeLessThan(video.frameCount);
      await predictor.addPoints('a', 3, { points: [[20, 20]], labels: [0] });
      const logits: number[] = [];
      for await (const { outputs } of predictor.propagate({ start: 3 }))
        logits.push(...outputs.get('a')!.logits);
      return logits;
    };
    const asConditioning = await rest({ addAllFramesToCorrectAsCond: true });
    const asTracked = await rest({ addAllFramesToCorrectAsCond: false });
    const forgetting = await rest({ addAllFramesToCorrectAsCond: true, clearNonCondMemAroundInput: true });
    expect(asTracked).not.toEqual(asConditioning);
    expect(forgetting).not.toEqual(asConditioning);
  });
});
