/** `npm run bench -- --model sam2.1-tiny`: the full model's stages beside the embedded encoder, in one run. */
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
  type ObjectOutput,
  type Remembered,
} from '../../kernel/engine/sam2/steps';
import { packageRoot } from '../../kernel/runtime/paths';
import { locateModelFile, modelFolders, sam2TinyEmbedded } from '../../models/catalogue';
import { hashOf } from '../../models/hashFile';
import { buildModel } from '../../models/sam2/build';
import { featureSize, maskSize } from '../../models/sam2/config';
import {
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
/** In units of another stage's time in the same run. */
const TARGETS: Readonly<Record<string, { readonly of: string; readonly ratio: number } | undefined>> = {
  'image encoder': { of: 'embedded encoder', ratio: 1.0 },
  'memory attention': { of: 'image encoder', ratio: 1.8 },
};

interface Stage {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

/** Milliseconds of each round, by stage. */
type Times = ReadonlyMap<string, readonly number[]>;

const isRelease = (text: string): text is Sam2Release => text in releaseFlags;
const isSize = (text: string): text is Sam2Size => text in trunks;

/**
 * Median times of the stages, in milliseconds.
 * @param id of a published size; its weights are random.
 * @throws RangeError where it is none of `sam2-tiny` ... `sam2.1-large`.
 */
export async function benchModel(id: string, rounds: number): Promise<Record<string, number>> {
  const [release, size] = id.split('-');
  if (!isRelease(release) || !isSize(size)) throw new RangeError(`"${id}" is no size of SAM 2.`);
  const folder = await mkdtemp(join(tmpdir(), 'masklet-bench-'));
  const embedded = new OnnxSessions();
  try {
    process.stderr.write(`building ${id} with random weights\n`);
    const checkpoint = join(folder, 'random.pt');
    writeRandomCheckpoint(checkpoint, variantConfig(release, size));
    const built = await buildModel(checkpoint, {
      cacheFolder: folder,
      sha256: (await hashOf(checkpoint)).digest('hex'),
    });
    const model = await loadOnThisThread(built, 0);
    const file = locateModelFile(sam2TinyEmbedded.encoder, modelFolders(sam2TinyEmbedded, packageRoot()));
    const { handle } = await embedded.load({ model: file, name: 'embedded', providers: ['cpu'], threads: 0 });

    const { imageSize, memDim, dModel } = model.config;
    const image = noise(3 * imageSize ** 2);
    const frame = await encodeImage(model, image);
    const cells = featureSize(model.config) ** 2;
    const remembered = (): Remembered => ({ memory: noise(cells * memDim), pointer: noise(dModel) });
    const selection: MemorySelection<Remembered> = {
      memories: Array.from({ length: MEMORIES }, (_, time) => ({ time, output: remembered() })),
      pointers: Array.from({ length: POINTERS }, (_, n) => ({
        time: n / (POINTERS - 1),
        output: remembered(),
      })),
    };
    const mask: ObjectOutput = {
      logits: noise(maskSize(model.config) ** 2),
      iou: 1,
      objectScore: 1,
      pointer: noise(dModel),
    };
    const stages: Stage[] = [
      {
        name: 'embedded encoder',
        run: () => embedded.run(handle, { image: { data: image, dims: [1, 3, imageSize, imageSize] } }),
      },
      { name: 'image encoder', run: () => encodeImage(model, image) },
      { name: 'memory attention', run: () => attendToMemory(model, frame, [selection]) },
      { name: 'memory encoder', run: () => remember(model, frame, [mask], false) },
      {
        name: 'mask decoder',
        run: () => segmentFromPoints(model, frame, [{ coordinates: [512, 512], labels: [1] }]),
      },
    ];
    const times = await alternate(stages, rounds);
    await model.release();
    print(id, times);
    return Object.fromEntries([...times].map(([name, ms]) => [name, median(ms)]));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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
function print(id: string, times: Times): void {
  const lines = [...times].map(([name, ms]) => {
    const target = TARGETS[name];
    const others = target && times.get(target.of);
    const ratio = others
      ? `${median(ms.map((own, round) => own / others[round])).toFixed(3)} x ${target.of} (target ${target.ratio.toFixed(1)})`
      : '';
    return `${name.padEnd(18)}${median(ms).toFixed(0).padStart(8)} ms  ${ratio}`.trimEnd();
  });
  process.stdout.write(
    `${cpus().length} x ${cpus()[0].model}\n${id}, random weights, ${MEMORIES} memories, ${POINTERS} pointers\n` +
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
