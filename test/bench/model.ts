/**
 * `npm run bench -- --model sam2.1-tiny`: the stages of a full model beside the embedded encoder, in one run; of EdgeTAM
 * also beside those of SAM 2.1 tiny. `--provider webgpu` has them done by that execution provider.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { OnnxSessions } from '../../kernel/engine/onnx/sessions';
import type { MemorySelection } from '../../kernel/engine/sam2/memoryBank';
import {
  attendToMemory,
  encodeImage,
  remember,
  segmentFromPoints,
  trackFrom,
  type ObjectOutput,
  type Remembered,
  type Sam2Model,
} from '../../kernel/engine/sam2/steps';
import { packageRoot } from '../../kernel/runtime/paths';
import { locateModelFile, modelFolders, sam2TinyEmbedded } from '../../models/catalogue';
import { buildModel } from '../../models/sam2/build';
import { maskSize, memoryTokens, type Sam2Config } from '../../models/sam2/config';
import {
  edgeTamConfig,
  releaseFlags,
  trunks,
  variantConfig,
  type Sam2Release,
  type Sam2Size,
} from '../../models/sam2/variants';
import { writeRandomCheckpoint } from '../support/randomCheckpoint';
import { loadOnThisThread } from '../support/sam2Model';
import { median } from './median';

/** The most that SAM 2 attends to by default. */
const MEMORIES = 7;
const POINTERS = 16;
const EMBEDDED = 'embedded encoder';
/** What EdgeTAM is held against. */
const REFERENCE = 'sam2.1-tiny';
/** In units of another stage's time in the same run. */
const TARGETS: Readonly<Record<string, { readonly of: string; readonly ratio: number } | undefined>> = {
  'sam2.1-tiny image encoder': { of: EMBEDDED, ratio: 1.0 },
  'sam2.1-tiny memory attention': { of: 'sam2.1-tiny image encoder', ratio: 1.8 },
  'edgetam a frame': { of: 'sam2.1-tiny a frame', ratio: 0.2 },
};

interface Stage {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

/** Milliseconds of each round, by stage. */
type Times = ReadonlyMap<string, readonly number[]>;

const isRelease = (text: string): text is Sam2Release => text in releaseFlags;
const isSize = (text: string): text is Sam2Size => text in trunks;

/** @throws RangeError where `id` is none of the published models. */
function configOf(id: string): Sam2Config {
  if (id === 'edgetam') return edgeTamConfig;
  const [release, size] = id.split('-');
  if (isRelease(release) && isSize(size)) return variantConfig(release, size);
  throw new RangeError(`"${id}" is neither a size of SAM 2, such as sam2.1-tiny, nor edgetam.`);
}

/**
 * Median times of the stages, in milliseconds.
 * @param id of a published model; its weights are random.
 * @param provider the execution provider; the embedded encoder, for comparison, stays on the CPU.
 * @throws RangeError where there is no such model; MaskletError where the provider does not load it.
 */
export async function benchModel(
  id: string,
  rounds: number,
  provider = 'cpu',
): Promise<Record<string, number>> {
  const ids = id === 'edgetam' ? [id, REFERENCE] : [id];
  const folder = await mkdtemp(join(tmpdir(), 'masklet-bench-'));
  const embedded = new OnnxSessions();
  const models: Awaited<ReturnType<typeof loadOnThisThread>>[] = [];
  try {
    const file = locateModelFile(sam2TinyEmbedded.encoder, modelFolders(sam2TinyEmbedded, packageRoot()));
    const { handle } = await embedded.load({ model: file, name: 'embedded', providers: ['cpu'], threads: 0 });
    const { imageSize } = configOf(REFERENCE);
    const image = { data: noise(3 * imageSize ** 2), dims: [1, 3, imageSize, imageSize] };
    const stages: Stage[] = [{ name: EMBEDDED, run: () => embedded.run(handle, { image }) }];
    for (const each of ids) {
      process.stderr.write(`building ${each} with random weights\n`);
      const checkpoint = join(folder, `${each}.pt`);
      writeRandomCheckpoint(checkpoint, configOf(each));
      const built = await buildModel(checkpoint, { cacheFolder: folder, sha256: each });
      const model = await loadOnThisThread(built, { threads: 0, provider });
      models.push(model);
      stages.push(...(await stagesOf(each, model)));
    }
    const times = withSums(await alternate(stages, rounds), ids);
    print(id, provider, times);
    return Object.fromEntries([...times].map(([name, ms]) => [name, median(ms)]));
  } finally {
    for (const model of models) await model.release();
    await rm(folder, { recursive: true, force: true });
  }
}

/** What tracking one object on one frame runs, in its order, and a click. */
const perFrame = ['image encoder', 'memory attention', 'mask decoder', 'memory encoder'];

async function stagesOf(id: string, model: Sam2Model): Promise<Stage[]> {
  const { config } = model;
  const { imageSize, memDim, dModel } = config;
  const image = noise(3 * imageSize ** 2);
  const frame = await encodeImage(model, image);
  const remembered = (): Remembered => ({
    memory: noise(memoryTokens(config) * memDim),
    pointer: noise(dModel),
  });
  const selection: MemorySelection<Remembered> = {
    memories: Array.from({ length: MEMORIES }, (_, time) => ({ time, output: remembered() })),
    pointers: Array.from({ length: POINTERS }, (_, n) => ({
      time: n / (POINTERS - 1),
      output: remembered(),
    })),
  };
  const mask: ObjectOutput = {
    logits: noise(maskSize(config) ** 2),
    iou: 1,
    objectScore: 1,
    pointer: noise(dModel),
  };
  const conditioned = await attendToMemory(model, frame, [selection]);
  const runs: Record<string, Stage['run']> = {
    'image encoder': () => encodeImage(model, image),
    'memory attention': () => attendToMemory(model, frame, [selection]),
    'mask decoder': () => trackFrom(model, frame, conditioned, 1),
    'memory encoder': () => remember(model, frame, [mask], false),
    click: () => segmentFromPoints(model, frame, [{ coordinates: [512, 512], labels: [1] }]),
  };
  return Object.entries(runs).map(([name, run]) => ({ name: `${id} ${name}`, run }));
}

/** Adds what a frame costs in all, round by round. */
function withSums(times: Times, ids: readonly string[]): Times {
  const sums = ids.map((id): [string, number[]] => {
    const parts = perFrame.map((stage) => times.get(`${id} ${stage}`) ?? []);
    return [`${id} a frame`, parts[0].map((_, round) => parts.reduce((sum, ms) => sum + ms[round], 0))];
  });
  return new Map([...times, ...sums]);
}

/** Stage after stage, round after round, so that a machine that slows down slows all alike. @returns ms of each round */
async function alternate(stages: readonly Stage[], rounds: number): Promise<Times> {
  for (const { run } of stages) await run();
  const times = new Map(stages.map(({ name }) => [name, new Array<number>()]));
  for (let round = 0; round < rounds; round++) {
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
    for (const { name, run } of stages) {
      const start = performance.now();
      await run();
      times.get(name)?.push(performance.now() - start);
    }
  }
  return times;
}

/** Ratios are taken within each round, for a machine's speed changes more from round to round. */
function print(id: string, provider: string, times: Times): void {
  const lines = [...times].map(([name, ms]) => {
    const target = TARGETS[name];
    const others = target && times.get(target.of);
    const ratio = others
      ? `${median(ms.map((own, round) => own / others[round])).toFixed(3)} x ${target.of} (target ${target.ratio.toFixed(1)})`
      : '';
    return `${name.padEnd(30)}${median(ms).toFixed(0).padStart(8)} ms  ${ratio}`.trimEnd();
  });
  process.stdout.write(
    `${cpus().length} x ${cpus()[0].model}\n${id} on ${provider}, random weights, ${MEMORIES} memories, ${POINTERS} pointers\n` +
      `${lines.join('\n')}\n`,
  );
}

function noise(length: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 31 - 1;
  });
}
