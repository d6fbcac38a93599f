/**
 * `npm run bench`: where the time of a propagation goes, with 1, 2 and 5 objects, and what memory it takes;
 * with `--model`, how long the stages of a full model take.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { KernelClient } from '../../kernel/client/kernelClient';
import type { PropagateResult, StageTimes } from '../../kernel/protocol';
import { renderSampleClip, type SampleClip } from '../../kernel/sample/sampleClip';
import { findFfmpeg } from '../../kernel/video/ffmpeg';
import { benchModel } from './model';

const OBJECTS = 5;

interface Measurement {
  readonly objects: number;
  readonly msPerFrame: number;
  /** Time per frame over the encoder's own time per frame, in this same run. */
  readonly overEncoder: number;
  readonly stagesMs: StageTimes;
  readonly peakRss: number;
  readonly longestStallMs: number;
}

async function measure(clip: SampleClip, objects: number): Promise<Measurement> {
  const kernel = new KernelClient({ client: 'bench', settings: { executionProviders: ['cpu'] } });
  try {
    const session = await kernel.open({
      path: clip.video,
      dataDir: await mkdtemp(join(tmpdir(), 'masklet-bench-')),
    });
    for (let n = 0; n < objects; n++) {
      const [mask] = clip.groundTruth.objects[n].masks;
      await session.request('object/addMask', { object: `object-${n}`, frame: 0, mask });
    }
    // The first frames load the model and warm it up: they are not measured.
    await session.request('session/propagate', { direction: 'forward', range: { first: 0, last: 2 } });
    await kernel.request('kernel/health', {});
    let peakRss = 0;
    const watch = setInterval(() => {
      void session.request('session/status', {}).then(() => undefined);
      void kernel
        .request('kernel/health', {})
        .then(({ memory }) => (peakRss = Math.max(peakRss, memory.rss)));
    }, 5_000);
    const last = clip.groundTruth.objects[0].masks.length - 1;
    const result: PropagateResult = await session.request('session/propagate', {
      direction: 'forward',
      range: { first: 3, last },
    });
    clearInterval(watch);
    const { memory, longestStallMs } = await kernel.request('kernel/health', {});
    const frames = result.frames - result.skipped;
    const stagesMs = Object.fromEntries(
      Object.entries(result.stages).map(([stage, ms]) => [stage, ms / frames]),
    ) as unknown as StageTimes;
    const msPerFrame = result.wallMs / frames;
    return {
      objects,
      msPerFrame,
      overEncoder: msPerFrame / stagesMs.encode,
      stagesMs,
      peakRss: Math.max(peakRss, memory.rss),
      longestStallMs,
    };
  } finally {
    await kernel.dispose();
  }
}

function table(rows: readonly Measurement[]): string {
  const stages = Object.keys(rows[0].stagesMs) as (keyof StageTimes)[];
  const line = (name: string, value: (row: Measurement) => string): string =>
    `${name.padEnd(26)}${rows.map((row) => value(row).padStart(12)).join('')}`;
  return [
    line('objects', (row) => String(row.objects)),
    line('time per frame (ms)', (row) => row.msPerFrame.toFixed(0)),
    line('  / encoder time', (row) => `${row.overEncoder.toFixed(3)} x`),
    line('  / with one object', (row) => `${(row.msPerFrame / rows[0].msPerFrame).toFixed(3)} x`),
    ...stages.map((stage) => line(`  ${stage} (ms)`, (row) => row.stagesMs[stage].toFixed(1))),
    line('peak memory (MB)', (row) => (row.peakRss / 1e6).toFixed(0)),
    line('longest stall (ms)', (row) => row.longestStallMs.toFixed(0)),
  ].join('\n');
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      frames: { type: 'string', default: '20' },
      json: { type: 'string' },
      model: { type: 'string' },
      rounds: { type: 'string', default: '5' },
    },
  });
  if (values.model !== undefined) {
    const times = await benchModel(values.model, Number(values.rounds));
    if (values.json) await writeFile(values.json, `${JSON.stringify(times, null, 2)}\n`);
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), 'masklet-bench-'));
  try {
    const { path: ffmpeg } = await findFfmpeg();
    process.stderr.write(`rendering a clip of 1280x720, ${values.frames} frames, ${OBJECTS} objects\n`);
    const clip = await renderSampleClip({
      out: join(folder, 'bench.mp4'),
      ffmpeg,
      first: Number(values.frames),
      objects: OBJECTS,
      occlusion: 'none',
    });
    const rows: Measurement[] = [];
    for (const objects of [1, 2, OBJECTS]) {
      process.stderr.write(`propagating ${objects} ${objects === 1 ? 'object' : 'objects'}\n`);
      rows.push(await measure(clip, objects));
    }
    process.stdout.write(`${cpus().length} x ${cpus()[0].model}\n${table(rows)}\n`);
    process.stdout.write('Stages overlap: they add up to more than the time per frame.\n');
    if (values.json) await writeFile(values.json, `${JSON.stringify(rows, null, 2)}\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

void main();
