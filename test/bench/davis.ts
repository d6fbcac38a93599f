import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { createEmbeddedModel } from '../../kernel/engine/embedded/model';
import type { EncodedFrame, FrameMemory, StoredMask, VideoModel } from '../../kernel/engine/videoModel';
import { MaskletError } from '../../kernel/errors';
import { decodeRle, encodeRle } from '../../kernel/masks/rle';
import type { RgbFrame } from '../../kernel/video/api';
import { defaultModelId } from '../../models/catalogue';
import type { Precision } from '../../models/embedded/prepare';
import { defaultModelFolder, ModelLibrary } from '../../models/library';
import {
  contourAccuracy,
  meanMeasure,
  measureOf,
  rankCorrelation,
  regionSimilarity,
  type Measure,
} from './metrics';

/**
 * J, F and J&F of tracking by the DAVIS semi-supervised protocol: the first frame's mask is the prompt, the others are
 * tracked forwards with the default settings, and all but the first and the last frame are measured.
 */

const usage = `Usage: npm run bench:davis -- DIR [--sequences a,b] [--precision int8|float32|original] [--json FILE]

DIR holds JPEGImages/480p/<sequence>/00000.jpg ... and Annotations/480p/<sequence>/00000.png ...`;

const resolution = '480p';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      sequences: { type: 'string' },
      precision: { type: 'string' },
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
  const model = createEmbeddedModel({
    providers: ['cpu'],
    threads: 0,
    cacheFolder: new ModelLibrary(defaultModelFolder()).graphFolderOf(defaultModelId),
    precision: precisionOf(values.precision),
  });
  try {
    const results: Record<string, Measure> = {};
    const scored: Scored = { score: [], iou: [] };
    for (const sequence of sequences) {
      results[sequence] = await measureSequence(model, root, sequence, scored);
      console.log(line(sequence, results[sequence]));
    }
    const mean = meanMeasure(Object.values(results));
    console.log(line('mean', mean));
    const correlation = rankCorrelation(scored.score, scored.iou);
    console.log(`score and true IoU over all frames: Spearman's correlation ${correlation.toFixed(3)}`);
    const report = { sequences: results, mean, rankCorrelation: correlation };
    if (values.json) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
  } finally {
    await model.dispose();
  }
}

function precisionOf(name = 'auto'): 'auto' | 'original' | Precision {
  if (name === 'auto' || name === 'original' || name === 'float32' || name === 'int8') return name;
  throw new MaskletError('internal', `There is no precision "${name}".`, { hint: usage });
}

function line(name: string, measure: Measure): string {
  const columns = (['J', 'F', 'J&F'] as const).map((key) => `${key} ${measure[key].toFixed(4)}`);
  return `${name.padEnd(20)} ${columns.join('  ')}`;
}

/** What the frames come from: the one place to change for another kind of source. */
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

/** The score shown for each mask beside its true IoU. */
interface Scored {
  readonly score: number[];
  readonly iou: number[];
}

async function measureSequence(
  model: VideoModel,
  root: string,
  sequence: string,
  scored: Scored,
): Promise<Measure> {
  const images = join(root, 'JPEGImages', resolution, sequence);
  const truths = join(root, 'Annotations', resolution, sequence);
  const names = (await readdir(images)).filter((name) => name.endsWith('.jpg')).sort();
  const truthOf = (frame: number): Promise<Truth> =>
    readTruth(join(truths, names[frame].replace(/\.jpg$/, '.png')));
  const encode = async (frame: number): Promise<EncodedFrame> =>
    model.encode(await readFrame(join(images, names[frame]), frame));

  const stored: StoredMask[] = [];
  const memories = new Map<number, FrameMemory>();
  const keep = async (frame: EncodedFrame, mask: StoredMask): Promise<void> => {
    stored.push(mask);
    memories.set(mask.frame, await model.remember(frame, mask));
    // What `selectMemory` does not look at any more need not be held.
    for (const old of memories.keys())
      if (old !== 0 && old < mask.frame - model.memoryWindow) memories.delete(old);
  };

  const given = await truthOf(0);
  const first = await encode(0);
  const prompt = { points: [], mask: encodeRle(given.mask, given.width, given.height) };
  const [prompted] = (await model.predict(first, [prompt])).predictions;
  await keep(first, { ...prompted, frame: 0, state: 'prompted', verified: false });

  let total = { J: 0, F: 0 };
  // The last frame is not measured and nothing follows it.
  const last = names.length - 2;
  for (let frame = 1; frame <= last; frame++) {
    const encoded = await encode(frame);
    const { conditioning, recent } = model.selectMemory(frame, 'forward', [0], stored.slice(1));
    const request = {
      memories: [
        ...conditioning.map((index) => ({ memory: memories.get(index)!, conditioning: true })),
        ...recent.map((index) => ({ memory: memories.get(index)!, conditioning: false })),
      ],
    };
    const [found] = (await model.track(encoded, 'forward', [request])).predictions;
    await keep(encoded, { ...found, frame, state: found.present ? 'propagated' : 'absent', verified: false });
    const truth = await truthOf(frame);
    const mask = decodeRle(found.mask);
    const iou = regionSimilarity(mask, truth.mask);
    scored.score.push(found.iou ?? 0);
    scored.iou.push(iou);
    total = {
      J: total.J + iou,
      F: total.F + contourAccuracy(mask, truth.mask, truth.width, truth.height),
    };
  }
  return measureOf(total.J / last, total.F / last);
}

main().catch((error: unknown) => {
  console.error(
    error instanceof MaskletError ? [error.message, error.hint].filter(Boolean).join('\n') : error,
  );
  process.exitCode = 1;
});
