/**
 * A script of one thread: what onnxruntime computes on the processor that it runs on, as JSON on its output. Started
 * natively and in an emulator of another processor, which bears no worker threads.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selectMemory } from '../../kernel/engine/sam2/memoryBank';
import {
  encodeImage,
  maskPrompt,
  remember,
  segmentFromPoints,
  track,
  type ObjectOutput,
} from '../../kernel/engine/sam2/steps';
import { buildModel } from '../../models/sam2/build';
import {
  allowsEightBits,
  eightBitSums,
  encoderOutputs,
  microEncoder,
  numbers,
  relativeRms,
  runPrepared,
} from './microEncoder';
import { writeMicroModel, microHints } from './microModel';
import { microConfig } from './randomCheckpoint';
import { loadOnThisThread } from './sam2Model';

export interface ProcessorResults {
  readonly sums: { readonly found: number; readonly exact: number };
  /** What the probe of the precision choice says. */
  readonly eightBits: boolean;
  /** Of the prepared encoder, against the same network as the graphs of SAM 2 have it: the largest of its outputs. */
  readonly encoderErrors: { readonly float32: number; readonly int8: number };
  /** Outputs of the micro model's graphs. */
  readonly values: Readonly<Record<string, readonly number[]>>;
}

async function computeAll(folder: string): Promise<ProcessorResults> {
  const { constants, wanted } = await microEncoder(folder);
  const errorOf = async (quantised: boolean): Promise<number> => {
    const found = await runPrepared(folder, constants, () => quantised);
    return Math.max(...encoderOutputs.map((name) => relativeRms(found[name], wanted[name])));
  };
  return {
    sums: await eightBitSums(),
    eightBits: await allowsEightBits(),
    encoderErrors: { float32: await errorOf(false), int8: await errorOf(true) },
    values: await microGraphs(folder),
  };
}

/** One object on two frames, through every graph. */
async function microGraphs(folder: string): Promise<Record<string, number[]>> {
  const { checkpoint } = writeMicroModel(folder, 'micro');
  const built = await buildModel(checkpoint, {
    cacheFolder: join(folder, 'cache'),
    sha256: 'micro',
    hints: microHints,
  });
  const model = await loadOnThisThread(built);
  const pixels = 3 * microConfig.imageSize ** 2;
  const [first, next] = [
    await encodeImage(model, numbers(pixels, 0.013)),
    await encodeImage(model, numbers(pixels, 0.017)),
  ];
  const [clicked] = await segmentFromPoints(model, first, [{ coordinates: [50, 60], labels: [1] }]);
  const memories = await remember(model, first, [clicked], true);
  const known = new Map([[0, { ...clicked, memory: memories[0] }]]);
  const options = { maxConditioningFrames: 0 };
  const selection = selectMemory(microConfig, 1, false, 10, known, new Map(), options);
  const [tracked] = await track(model, next, [selection]);
  const half = Float32Array.from({ length: microConfig.imageSize ** 2 }, (_, i) => i % 2);
  const given = await maskPrompt(model, [half]);
  await model.release();
  const of = (name: string, { logits, pointer, iou, objectScore }: ObjectOutput): [string, number[]][] => [
    [`${name} logits`, [...logits]],
    [`${name} pointer`, [...pointer]],
    [`${name} scores`, [iou, objectScore]],
  ];
  return Object.fromEntries([
    ['image', [...first.imageEmbed]],
    ['memory', [...memories[0]]],
    ...of('clicked', clicked),
    ...of('tracked', tracked),
    ['given mask', [...given.inputs[0]]],
  ]);
}

const folder = mkdtempSync(join(tmpdir(), 'masklet-processor-'));
void computeAll(folder)
  .then((results) => process.stdout.write(JSON.stringify(results)))
  .finally(() => rmSync(folder, { recursive: true, force: true }));
