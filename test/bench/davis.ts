import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import type { Quality } from '../../shared/domain/annotations';
import type { VideoModel } from '../../kernel/engine/videoModel';
import { MaskletError } from '../../shared/protocol/errors';
import { decodeRle, encodeRle } from '../../kernel/masks/rle';
import type { RgbFrame } from '../../kernel/video/api';
import { followObject, type Followed, type FramesOfClip } from './follow';
import { median } from './median';
import {
  contourAccuracy,
  meanMeasure,
  measureOf,
  regionSimilarity,
  type Measure,
} from '../../kernel/masks/measures';
import { rankCorrelation } from './metrics';
import { benchModel } from './benchModel';

/**
 * J, F and J&F of tracking by the DAVIS semi-supervised protocol: the first frame's mask is the prompt, the others are
 * tracked forwards with the default settings, and all but the first and the last frame are measured.
 */

const usage = `Usage: npm run bench:davis -- DIR [--sequences a,b] [--quality fast|balanced|best|whole-frame] [--precision int8|float32|original] [--json FILE]

DIR holds JPEGImages/480p/<sequence>/00000.jpg ... and Annotations/480p/<sequence>/00000.png ...`;

const resolution = '480p';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      sequences: { type: 'string' },
      precision: { type: 'string' },
      quality: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const [root] = positionals;
  if (values.help || root === undefined) {
    console.log(usage);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const sequences =
    values.sequences?.split(',') ?? (await readdir(join(root, 'Annotations', resolution))).sort();
  const { model, quality } = benchModel(values.precision, values.quality);
  try {
    const results: Record<string, SequenceResult> = {};
    for (const sequence of sequences) {
      results[sequence] = await measureSequence(model, quality, root, sequence);
      console.log(
        line(sequence, results[sequence].measure, correlationOf([results[sequence]])),
        costOf(results[sequence]),
      );
    }
    const all = Object.values(results);
    const mean = meanMeasure(all.map(({ measure }) => measure));
    const correlation = correlationOf(all);
    console.log(line('mean', mean, correlation));
    const report = { sequences: results, mean, rankCorrelation: correlation };
    if (values.json) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
  } finally {
    await model.dispose();
  }
}

/** How well the shown score orders the frames of all these sequences together by their true IoU: Spearman's correlation. */
function correlationOf(results: readonly SequenceResult[]): number {
  return rankCorrelation(
    results.flatMap(({ score }) => score),
    results.flatMap(({ iou }) => iou),
  );
}

function line(name: string, measure: Measure, correlation: number): string {
  const columns = (['J', 'F', 'J&F'] as const).map((key) => `${key} ${measure[key].toFixed(4)}`);
  return [name.padEnd(20), ...columns, `score by true IoU, Spearman ${correlation.toFixed(3)}`].join('  ');
}

async function readFrame(file: string, index: number): Promise<RgbFrame> {
  const { data, info } = await sharp(file)
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const shared = new Uint8Array(new SharedArrayBuffer(data.length));
  shared.set(data);
  return { index, pts: index, width: info.width, height: info.height, data: shared };
}

interface Truth {
  /** Row by row, 0 or 1. */
  readonly mask: Uint8Array;
  readonly width: number;
  readonly height: number;
}

async function readTruth(file: string): Promise<Truth> {
  const { data, info } = await sharp(file).greyscale().raw().toBuffer({ resolveWithObject: true });
  return {
    mask: Uint8Array.from(data, (value) => (value > 127 ? 1 : 0)),
    width: info.width,
    height: info.height,
  };
}

interface SequenceResult {
  readonly measure: Measure;
  /** The score shown for each measured frame's mask, and its true IoU. */
  readonly score: readonly number[];
  readonly iou: readonly number[];
  readonly steps: readonly Followed[];
}

/** The median time of a frame, the sizes it was looked at and the share of frames looked at again. */
function costOf({ steps }: SequenceResult): string {
  const sizes = new Map<number, number>();
  for (const { view } of steps) if (view) sizes.set(view.size, (sizes.get(view.size) ?? 0) + 1);
  const counts = [...sizes].sort(([a], [b]) => a - b).map(([size, count]) => `${count} x ${size}`);
  const again = steps.filter(({ retries }) => retries > 0).length;
  return `${median(steps.map(({ ms }) => ms)).toFixed(0)} ms/frame  ${counts.join(', ')}  again ${again}`;
}

async function measureSequence(
  model: VideoModel,
  quality: Quality,
  root: string,
  sequence: string,
): Promise<SequenceResult> {
  const images = join(root, 'JPEGImages', resolution, sequence);
  const truths = join(root, 'Annotations', resolution, sequence);
  const names = (await readdir(images)).filter((name) => name.endsWith('.jpg')).sort();
  const truthOf = (frame: number): Promise<Truth> =>
    readTruth(join(truths, names[frame].replace(/\.jpg$/, '.png')));
  const frames: FramesOfClip = {
    // The last frame is not measured and nothing follows it.
    count: names.length - 1,
    read: (frame) => readFrame(join(images, names[frame]), frame),
  };
  const given = await truthOf(0);
  const score: number[] = [];
  const iou: number[] = [];
  let contours = 0;
  const followed = followObject(model, frames, encodeRle(given.mask, given.width, given.height), quality);
  const steps: Followed[] = [];
  for await (const step of followed) {
    const { frame, prediction } = step;
    steps.push(step);
    const truth = await truthOf(frame);
    const mask = decodeRle(prediction.mask);
    score.push(prediction.iou ?? 0);
    iou.push(regionSimilarity(mask, truth.mask));
    contours += contourAccuracy(mask, truth.mask, truth.width, truth.height);
  }
  const overlap = iou.reduce((sum, value) => sum + value, 0);
  return { measure: measureOf(overlap / iou.length, contours / iou.length), score, iou, steps };
}

main().catch((error: unknown) => {
  console.error(
    error instanceof MaskletError ? [error.message, error.hint].filter(Boolean).join('\n') : error,
  );
  process.exitCode = 1;
});
