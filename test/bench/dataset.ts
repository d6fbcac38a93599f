/**
 * `npm run bench:dataset`: what a dataset of many clips costs: seeing how far each is, an SQL aggregate over all masks,
 * and the memory of a full COCO export.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import { KernelClient } from '../../kernel/client/kernelClient';
import { clipTree, type ClipFilter, type ClipOrder } from '../../extension/dataset/clipTree';
import type { ClipSummary } from '../../shared/protocol/dataset';
import { residentBytes } from '../support/residentMemory';
import { makeDataset } from './syntheticDataset';

interface Measured {
  readonly what: string;
  readonly value: string;
  readonly target?: string;
  readonly met?: boolean;
}

/** A kernel that has just started: what it knows, it knows from the disk. */
async function withKernel<T>(task: (kernel: KernelClient) => Promise<T>): Promise<T> {
  const kernel = new KernelClient({ client: 'bench', settings: { executionProviders: ['cpu'] } });
  try {
    await kernel.request('kernel/cleanup', {});
    return await task(kernel);
  } finally {
    await kernel.dispose();
  }
}

/** The slowest of the view's filters and orders over all clips. */
function filtering(root: string, clips: readonly ClipSummary[]): number {
  const filters: readonly ClipFilter[] = [
    ...(['all', 'suspicious', 'stale', 'unverified', 'problems'] as const).map((kind) => ({ kind })),
    { kind: 'label', name: 'koi' },
  ];
  const orders: readonly ClipOrder[] = ['name', 'most-suspicious', 'least-verified'];
  const times = filters.flatMap((filter) =>
    orders.map((order) => {
      const start = performance.now();
      clipTree(root, 'data', clips, filter, order, sep);
      return performance.now() - start;
    }),
  );
  return Math.max(...times);
}

interface SummaryCost {
  /** Milliseconds until every clip is in the list, and until every one is counted. */
  readonly listed: number;
  readonly complete: number;
  readonly clips: readonly ClipSummary[];
  /** MiB of the kernel then. */
  readonly rss: number;
}

async function summary(root: string): Promise<SummaryCost> {
  return await withKernel(async (kernel) => {
    const start = performance.now();
    let listed = NaN;
    const { clips } = await kernel.request(
      'dataset/summary',
      { root, keep: true },
      {
        onProgress: (value) => {
          const progress = value;
          if (Number.isNaN(listed) && progress.clips.length > 0) listed = performance.now() - start;
        },
      },
    );
    if (clips.some(({ state, masks }) => state !== 'read' || masks === 0))
      throw new Error('A clip was not counted.');
    const complete = performance.now() - start;
    return { listed, complete, clips, rss: residentMiB(kernel.pid!) };
  });
}

function aggregate(root: string): { ms: number; masks: number; rss: number } {
  const database = new Database(join(root, '.masklet', 'masklet.sqlite'), { readonly: true });
  try {
    const start = performance.now();
    const rows = database
      .prepare<[], { masks: number }>(
        `SELECT o.label, count(*) AS masks, sum(m.verified) AS verified, avg(m.area), min(m.iou)
         FROM masks m JOIN objects o ON o.video = m.video AND o.id = m.object GROUP BY o.label`,
      )
      .all();
    return {
      ms: performance.now() - start,
      masks: rows.reduce((sum, { masks }) => sum + masks, 0),
      rss: ownMiB(),
    };
  } finally {
    database.close();
  }
}

/** What the first SQL cell and those after it wait for: sidecars that changed are taken into the database. */
async function index(root: string): Promise<{ first: number; again: number }> {
  return await withKernel(async (kernel) => {
    const once = async (): Promise<number> => {
      const start = performance.now();
      const { problems } = await kernel.request('dataset/index', { folder: root, workspaceRoot: root });
      if (problems.length > 0) throw new Error(problems[0]);
      return performance.now() - start;
    };
    return { first: await once(), again: await once() };
  });
}

interface ExportMemory {
  readonly seconds: number;
  /** MiB after 5, 25, 50, 75 and 100 % of the clips. */
  readonly rss: readonly number[];
}

async function exportCoco(root: string, out: string, images: 'none' | 'jpeg'): Promise<ExportMemory> {
  return await withKernel(async (kernel) => {
    const shares = [0.05, 0.25, 0.5, 0.75, 1];
    const rss: number[] = [];
    const start = performance.now();
    await kernel.request(
      'dataset/export',
      { paths: [root], format: 'coco', out, images },
      {
        onProgress: (value) => {
          const { clipsDone, clips, done, total } = value;
          if ((clipsDone + done / total) / clips >= shares[rss.length]) rss.push(residentMiB(kernel.pid!));
        },
      },
    );
    return { seconds: (performance.now() - start) / 1000, rss };
  });
}

/** MiB of this process, which asks SQLite itself. */
function ownMiB(): number {
  return residentMiB(process.pid);
}

function residentMiB(pid: number): number {
  return Math.round((residentBytes(pid) ?? NaN) / 2 ** 20);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      clips: { type: 'string', default: '200' },
      frames: { type: 'string', default: '300' },
      objects: { type: 'string', default: '5' },
      images: { type: 'string', default: 'none' },
      root: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const folder = await mkdtemp(join(tmpdir(), 'masklet-bench-'));
  try {
    const size = {
      clips: Number(values.clips),
      frames: Number(values.frames),
      objects: Number(values.objects),
    };
    const root = values.root ?? join(folder, 'data');
    if (!values.root) {
      process.stderr.write(
        `making ${size.clips} clips of ${size.frames} frames with ${size.objects} objects\n`,
      );
      await makeDataset(root, size, (done) => {
        if (done % 20 === 0) process.stderr.write(`  ${done}\n`);
      });
    }
    await rm(join(root, '.masklet', 'summaries.json'), { force: true });
    const first = await summary(root);
    const again = await summary(root);
    const known = await index(root);
    const sql = aggregate(root);
    process.stderr.write('exporting\n');
    const memory = await exportCoco(root, join(folder, 'coco'), values.images === 'jpeg' ? 'jpeg' : 'none');
    if (!values.root) await rm(join(root, '.masklet', 'masklet.sqlite'));
    const fresh = values.root ? undefined : await index(root);
    const growth = memory.rss[4] - memory.rss[1];
    const ms = (value: number): string => `${value.toFixed(0)} ms`;
    const rows: Measured[] = [
      {
        what: 'view lists all clips, first time',
        value: ms(first.listed),
        target: '2000 ms',
        met: first.listed <= 2000,
      },
      { what: '  every mask looked through', value: `${ms(first.complete)}, ${first.rss} MiB` },
      {
        what: 'view complete, in a new window',
        value: `${ms(again.complete)}, ${again.rss} MiB`,
        target: '2000 ms',
        met: again.complete <= 2000,
      },
      { what: 'view, slowest filter and order', value: ms(filtering(root, again.clips)) },
      {
        what: `SQL over ${sql.masks} masks`,
        value: `${ms(sql.ms)}, ${sql.rss} MiB`,
        target: '1000 ms',
        met: sql.ms <= 1000,
      },
      { what: '  before it, sidecars compared', value: `${ms(known.first)}, then ${ms(known.again)}` },
      ...(fresh ? [{ what: '  in a fresh clone, taken in', value: ms(fresh.first) }] : []),
      { what: 'COCO export', value: `${memory.seconds.toFixed(0)} s` },
      { what: '  memory at 5, 25, 50, 75, 100 %', value: `${memory.rss.join(', ')} MiB` },
      { what: '  growth from 25 to 100 %', value: `${growth} MiB`, target: '30 MiB', met: growth <= 30 },
    ];
    process.stdout.write(`${cpus().length} x ${cpus()[0].model}, ${first.clips.length} clips\n`);
    for (const { what, value, target, met } of rows) {
      const verdict = target === undefined ? '' : `  (${met ? 'met' : 'MISSED'}: ${target})`;
      process.stdout.write(`${what.padEnd(36)}${value}${verdict}\n`);
    }
    if (values.json) await writeFile(values.json, `${JSON.stringify(rows, null, 2)}\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

void main();
