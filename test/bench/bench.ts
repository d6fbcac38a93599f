/**
 * `npm run bench`: where the time of a propagation goes, with 1, 2 and 5 objects, and what memory it takes; each preset
 * against whole frames at 1024 pixels, all in one precision, in turns on the same clip, so that what else the machine does
 * meanwhile weighs on all. With `--memory`, what a long clip with 5 objects takes; with `--model`, how long the stages of
 * a full model take.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { KernelClient, type KernelSession } from '../../kernel/client/kernelClient';
import type { KernelSettings } from '../../shared/protocol/settings';
import { isQuality, qualities, type MaskRecord, type Quality } from '../../shared/domain/annotations';
import type { FrameProgress, StageTimes } from '../../shared/protocol/session';
import { renderSampleClip, type SampleClip } from '../../kernel/sample/sampleClip';
import { findFfmpeg } from '../../kernel/video/ffmpeg';
import { median } from './median';
import { benchMemory, memoryLines } from './memory';
import { benchOpening, openingLines } from './opening';
import { benchModel } from './model';
import { targetLines, type Target } from './target';

const CLIP = { width: 1280, height: 720 } as const;

/** Frames that load and warm up the model, and frames of one turn after that. */
const WARM_UP = 3;
const TURN = 3;

const wholeFrames = 'whole-frame';
type Contestant = Quality | typeof wholeFrames;

/** Time per frame with so many objects, as a share of that with whole frames. */
const MOST_TIME: readonly {
  readonly contestant: Contestant;
  readonly objects: number;
  readonly most: number;
}[] = [
  { contestant: 'fast', objects: 1, most: 0.25 },
  { contestant: 'balanced', objects: 1, most: 0.55 },
  { contestant: 'balanced', objects: 5, most: 1 },
  { contestant: 'best', objects: 1, most: 1.1 },
];

/** A size of the encoder's input and how many objects were looked for at it. */
type WindowCounts = Readonly<Record<string, number>>;

interface Measurement {
  readonly objects: number;
  readonly contestant: Contestant;
  /** How the encoder really computed. */
  readonly precision: string;
  /** The median of the turns: others use the machine as well. */
  readonly msPerFrame: number;
  readonly stagesMs: StageTimes;
  /** How many windows of which input size; `whole` frames among them count as such. */
  readonly windows: WindowCounts;
  /** From starting the kernel to the mask of the first click, and from the second click to its mask. */
  readonly firstMaskMs: number;
  readonly secondClickMs: number;
  readonly peakRss: number;
  readonly longestStallMs: number;
}

/** One kernel that tracks the clip turn by turn. */
class Runner {
  private frames = 0;
  private readonly turns: number[] = [];
  private peakRss = 0;
  private longestStallMs = 0;
  private readonly stages: Partial<Record<keyof StageTimes, number>> = {};
  private readonly windows: Record<string, number> = {};

  private constructor(
    private readonly contestant: Contestant,
    private readonly objects: number,
    private readonly kernel: KernelClient,
    private readonly session: KernelSession,
    private readonly waits: Pick<Measurement, 'firstMaskMs' | 'secondClickMs'>,
  ) {}

  static async start(
    contestant: Contestant,
    precision: KernelSettings['encoderPrecision'],
    clip: SampleClip,
    objects: number,
  ): Promise<Runner> {
    const settings: Partial<KernelSettings> = {
      executionProviders: ['cpu'],
      ...(precision ? { encoderPrecision: precision } : {}),
      ...(contestant === wholeFrames ? { zoom: false } : { quality: contestant }),
    };
    const begun = performance.now();
    const kernel = new KernelClient({ client: 'bench', settings });
    try {
      const dataDir = await mkdtemp(join(tmpdir(), 'masklet-bench-'));
      const session = await kernel.open({ path: clip.video, dataDir });
      const click = { object: 'click', frame: 0, points: [clip.point] };
      await session.request('object/addPoints', click);
      const first = performance.now();
      await session.request('object/addPoints', click);
      const waits = { firstMaskMs: first - begun, secondClickMs: performance.now() - first };
      await session.request('object/remove', { object: 'click' });
      for (let n = 0; n < objects; n++) {
        const [mask] = clip.groundTruth.objects[n].masks;
        await session.request('object/addMask', { object: `object-${n}`, frame: 0, mask });
      }
      const range = { first: 0, last: WARM_UP - 1 };
      await session.request('session/propagate', { direction: 'forward', range });
      await kernel.request('kernel/health', {});
      return new Runner(contestant, objects, kernel, session, waits);
    } catch (error) {
      await kernel.dispose();
      throw error;
    }
  }

  async turn(first: number, last: number): Promise<void> {
    const watch = setInterval(() => void this.look(), 2_000);
    try {
      const params = { direction: 'forward', range: { first, last } } as const;
      const onProgress = (value: unknown): void => this.countWindows((value as FrameProgress).masks);
      const { frames, skipped, wallMs, stages } = await this.session.request('session/propagate', params, {
        onProgress,
      });
      this.frames += frames - skipped;
      this.turns.push(wallMs / (frames - skipped));
      for (const [stage, ms] of Object.entries(stages) as [keyof StageTimes, number][]) {
        this.stages[stage] = (this.stages[stage] ?? 0) + ms;
      }
    } finally {
      clearInterval(watch);
    }
    await this.look();
  }

  async result(): Promise<Measurement> {
    const { model } = await this.kernel.request('kernel/health', {});
    const { contestant, objects, peakRss, longestStallMs } = this;
    const perFrame = (stage: keyof StageTimes): number => (this.stages[stage] ?? 0) / this.frames;
    const stages: StageTimes = {
      decode: perFrame('decode'),
      preprocess: perFrame('preprocess'),
      encode: perFrame('encode'),
      memoryRead: perFrame('memoryRead'),
      maskDecode: perFrame('maskDecode'),
      postProcess: perFrame('postProcess'),
      store: perFrame('store'),
    };
    return {
      objects,
      contestant,
      precision: model.precision ?? 'float32',
      msPerFrame: median(this.turns),
      stagesMs: stages,
      windows: this.windows,
      ...this.waits,
      peakRss,
      longestStallMs,
    };
  }

  dispose(): Promise<void> {
    return this.kernel.dispose();
  }

  private countWindows(masks: readonly MaskRecord[]): void {
    for (const { provenance } of masks) {
      const view = provenance?.view;
      if (!view) continue;
      const [x0, y0, x1, y1] = view.part;
      const whole = x0 === 0 && y0 === 0 && x1 === CLIP.width && y1 === CLIP.height;
      const key = `${view.size}${whole ? ' whole' : ''}`;
      this.windows[key] = (this.windows[key] ?? 0) + 1;
    }
  }

  private async look(): Promise<void> {
    const { memory, longestStallMs } = await this.kernel.request('kernel/health', {});
    this.peakRss = Math.max(this.peakRss, memory.rss);
    this.longestStallMs = Math.max(this.longestStallMs, longestStallMs);
  }
}

async function measure(
  clip: SampleClip,
  objects: number,
  precision: KernelSettings['encoderPrecision'],
  presets: readonly Quality[],
): Promise<Measurement[]> {
  const runners: Runner[] = [];
  try {
    for (const contestant of [wholeFrames, ...presets] as const)
      runners.push(await Runner.start(contestant, precision, clip, objects));
    const count = clip.groundTruth.objects[0].masks.length;
    for (let first = WARM_UP, turn = 0; first < count; first += TURN, turn++) {
      // Each begins as often as it follows.
      const order = turn % 2 === 0 ? runners : runners.toReversed();
      for (const runner of order) await runner.turn(first, Math.min(first + TURN, count) - 1);
    }
    return await Promise.all(runners.map((runner) => runner.result()));
  } finally {
    await Promise.all(runners.map((runner) => runner.dispose()));
  }
}

function shareOfTime(row: Measurement, rows: readonly Measurement[]): number {
  const original = rows.find(
    ({ objects, contestant }) => objects === row.objects && contestant === wholeFrames,
  )!;
  return row.msPerFrame / original.msPerFrame;
}

function targetsOf(rows: readonly Measurement[]): Target[] {
  const times = rows.flatMap((row) => {
    const { contestant, objects } = row;
    const target = MOST_TIME.find((one) => one.contestant === contestant && one.objects === objects);
    if (!target) return [];
    const what = `time per frame, ${contestant}, ${objects} ${objects === 1 ? 'object' : 'objects'}`;
    const value = shareOfTime(row, rows);
    return [{ what, value, unit: "x whole frames'", most: target.most, digits: 3 }];
  });
  const others = rows
    .filter(({ contestant }) => contestant === 'balanced')
    .flatMap((row) => {
      const of = `${row.objects} ${row.objects === 1 ? 'object' : 'objects'}`;
      return [
        { what: `first mask, before ${of}`, value: row.firstMaskMs / 1e3, unit: 's', most: 8, digits: 2 },
        {
          what: `second click, before ${of}`,
          value: row.secondClickMs / 1e3,
          unit: 's',
          most: 0.15,
          digits: 2,
        },
        { what: `peak memory, ${of}`, value: row.peakRss / 1e6, unit: 'MB', most: 1500 },
      ];
    });
  return [...times, ...others];
}

function table(rows: readonly Measurement[]): string {
  const stages = Object.keys(rows[0].stagesMs) as (keyof StageTimes)[];
  const line = (name: string, value: (row: Measurement) => string): string =>
    `${name.padEnd(24)}${rows.map((row) => value(row).padStart(11)).join('')}`;
  return [
    line('objects', (row) => String(row.objects)),
    line('', (row) => row.contestant),
    line('encoder', (row) => row.precision),
    line('time per frame (ms)', (row) => row.msPerFrame.toFixed(0)),
    line('  / with whole frames', (row) => `${shareOfTime(row, rows).toFixed(3)} x`),
    line('  / encoder time', (row) => `${(row.msPerFrame / row.stagesMs.encode).toFixed(3)} x`),
    ...stages.map((stage) => line(`  ${stage} (ms)`, (row) => row.stagesMs[stage].toFixed(1))),
    line('windows', () => ''),
    ...[...new Set(rows.flatMap(({ windows }) => Object.keys(windows)))]
      .sort()
      .map((size) => line(`  ${size}`, ({ windows }) => String(windows[size] ?? 0))),
    line('first mask (ms)', (row) => row.firstMaskMs.toFixed(0)),
    line('second click (ms)', (row) => row.secondClickMs.toFixed(0)),
    line('peak memory (MB)', (row) => (row.peakRss / 1e6).toFixed(0)),
    line('longest stall (ms)', (row) => row.longestStallMs.toFixed(0)),
  ].join('\n');
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      frames: { type: 'string', default: '21' },
      objects: { type: 'string', default: '1,2,5' },
      json: { type: 'string' },
      model: { type: 'string' },
      provider: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      memory: { type: 'boolean' },
      opening: { type: 'string' },
      precision: { type: 'string', default: 'float32' },
      quality: { type: 'string', default: qualities.join() },
    },
  });
  if (values.memory) {
    const figures = await benchMemory(5);
    process.stdout.write(`${memoryLines(figures)}\n`);
    if (values.json) await writeFile(values.json, `${JSON.stringify(figures, null, 2)}\n`);
    return;
  }
  if (values.opening !== undefined) {
    const figures = await benchOpening(Number(values.opening));
    process.stdout.write(`${openingLines(figures)}\n`);
    if (values.json) await writeFile(values.json, `${JSON.stringify(figures, null, 2)}\n`);
    return;
  }
  if (values.model !== undefined) {
    const times = await benchModel(values.model, Number(values.rounds), values.provider);
    if (values.json) await writeFile(values.json, `${JSON.stringify(times, null, 2)}\n`);
    return;
  }
  const { precision } = values;
  if (precision !== 'float32' && precision !== 'int8')
    throw new Error(`There is no precision "${precision}".`);
  const presets = values.quality.split(',').filter(isQuality);
  const counts = values.objects.split(',').map(Number);
  const folder = await mkdtemp(join(tmpdir(), 'masklet-bench-'));
  try {
    const { path: ffmpeg } = await findFfmpeg();
    const objects = Math.max(...counts);
    process.stderr.write(`rendering a clip of 1280x720, ${values.frames} frames, ${objects} objects\n`);
    const clip = await renderSampleClip({
      out: join(folder, 'bench.mp4'),
      ...CLIP,
      ffmpeg,
      first: Number(values.frames),
      objects,
      occlusion: 'none',
    });
    const rows: Measurement[] = [];
    for (const count of counts) {
      process.stderr.write(`propagating ${count} ${count === 1 ? 'object' : 'objects'}\n`);
      const measured = await measure(clip, count, precision, presets);
      process.stderr.write(`${table(measured)}\n`);
      rows.push(...measured);
    }
    process.stdout.write(`${cpus().length} x ${cpus()[0].model}\n${table(rows)}\n`);
    process.stdout.write('Stages overlap: they add up to more than the time per frame.\n');
    process.stdout.write(`${targetLines(targetsOf(rows))}\n`);
    if (values.json) await writeFile(values.json, `${JSON.stringify(rows, null, 2)}\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

void main();
