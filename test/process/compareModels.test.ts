/** Two models on one clip, through real kernels: what is found, and that the clip stays as it is. */
import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareModels, type CompareProgress } from '../../kernel/client/compareModels/compareModels';
import type { KernelSession } from '../../kernel/client/kernelClient';
import { rleIou } from '../../kernel/masks/rle';
import type { SampleClip } from '../../kernel/sample/sampleClip';
import { ModelLibrary } from '../../models/library';
import { isCancelled } from '../../shared/protocol/errors';
import type { KernelSettings } from '../../shared/protocol/settings';
import { cliJson, startCli } from '../support/cli';
import { smallClip, startKernel, temporaryFolder } from '../support/kernel';
import { microHints, writeMicroModel } from '../support/microModel';

const frames = 4;
const never = new AbortController().signal;
let folder: string;
let clip: SampleClip;
let settings: Partial<KernelSettings>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'masklet-compare-'));
  clip = await smallClip(folder, frames);
  const modelDir = join(folder, 'models');
  await new ModelLibrary(modelDir).import(writeMicroModel(folder, 'micro').checkpoint, { hints: microHints });
  settings = { modelDir, quality: 'fast' };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const truth = (frame: number) => clip.groundTruth.objects[0].masks[frame];

/** A clip whose first frame has the fish's mask as a prompt, and two later ones its mask drawn by hand, one of them verified. */
async function annotatedClip(): Promise<string> {
  const path = join(await temporaryFolder(), 'clip.mp4');
  await copyFile(clip.video, path);
  const { kernel } = startKernel(settings);
  const session = await kernel.open({ path });
  await session.request('object/addMask', { object: 'fish', frame: 0, mask: truth(0) });
  for (const frame of [2, 3]) await draw(session, frame);
  await session.request('object/verify', { object: 'fish', frames: [3], verified: true });
  await session.request('session/save', {});
  await kernel.dispose();
  return path;
}

const draw = (session: KernelSession, frame: number): Promise<unknown> =>
  session.request('object/addMask', { object: 'fish', frame, mask: truth(frame), state: 'edited' });

/** Every file below a folder by what is in it; of SQLite's own only the database, which holds all once it is closed. */
async function contents(root: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of (await readdir(root, { recursive: true })).sort()) {
    const file = join(root, name);
    if (!(await stat(file)).isFile() || /-(wal|shm)$/.test(name)) continue;
    found[name] = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
  }
  return found;
}

test('the better model is found, and rows and files of the clip stay byte for byte', async () => {
  const path = await annotatedClip();
  const before = await contents(join(path, '..'));
  const progress: CompareProgress[] = [];
  const found = await compareModels(
    {
      path,
      contestants: [
        { name: 'embedded', model: 'sam2-tiny-embedded', quality: 'fast' },
        { name: 'micro', model: 'micro' },
      ],
    },
    { client: 'test', settings },
    never,
    (value) => progress.push(value),
  );
  expect(await contents(join(path, '..'))).toEqual(before);

  const [embedded, micro] = found.contestants;
  expect(found.references).toBe(2);
  expect(embedded.measure!.J).toBeGreaterThan(0.7);
  // Its weights are random.
  expect(micro.measure!.J).toBeLessThan(0.5);
  // Measured by itself: the masks that were hidden did not help.
  const js = [2, 3].map((frame) => rleIou(embedded.masks.get('fish')!.get(frame)!, truth(frame)));
  expect(embedded.measure!.J).toBeCloseTo((js[0] + js[1]) / 2, 5);
  expect(js.every((j) => j < 1)).toBe(true);
  expect(embedded.measure!['J&F']).toBeCloseTo((embedded.measure!.J + embedded.measure!.F) / 2, 10);
  expect(embedded).toMatchObject({ model: 'sam2-tiny-embedded', quality: 'fast' });
  for (const { msPerFrame, peakBytes } of found.contestants) {
    expect(msPerFrame).toBeGreaterThan(0);
    expect(peakBytes).toBeGreaterThan(50e6);
  }

  expect(found.lane).toHaveLength(frames);
  expect(found.lane[0]).toBe(1);
  for (const frame of [1, 2, 3]) {
    const [a, b] = found.contestants.map(({ masks }) => masks.get('fish')?.get(frame));
    expect(found.lane[frame]).toBeCloseTo(a && b ? rleIou(a, b) : 0, 10);
  }
  expect(found.differ).toEqual([{ first: 1, last: 3 }]);
  expect(found.unsaved).toBe(false);
  expect(new Set(progress.map(({ contestant }) => contestant))).toEqual(new Set(['embedded', 'micro']));
});

test('what is not saved is said, and only verified masks count where that is asked', async () => {
  const path = await annotatedClip();
  const { kernel } = startKernel(settings);
  const session = await kernel.open({ path });
  await draw(session, 1);
  const contestants = [
    { name: 'a', model: 'micro' },
    { name: 'b', model: 'micro' },
  ] as const;
  const run = { client: 'test', settings };
  const found = await compareModels({ path, contestants, verifiedOnly: true }, run, never, () => undefined);
  expect(found).toMatchObject({ unsaved: true, references: 1, agreement: 1, differ: [] });
  // The mask drawn on frame 2 stays, for the models to build on.
  expect(found.contestants[0].masks.get('fish')!.get(2)).toEqual(truth(2));
  expect(found.contestants[0].masks.get('fish')!.get(3)).not.toEqual(truth(3));
});

test('comparing can be cancelled, and leaves nothing behind', async () => {
  const path = await annotatedClip();
  const before = await contents(join(path, '..'));
  const temporary = async (): Promise<string[]> =>
    (await readdir(tmpdir())).filter((name) => /^masklet-compare-\w{6}$/.test(name)).sort();
  const folders = await temporary();
  const cancel = new AbortController();
  const contestants = [
    { name: 'a', model: 'sam2-tiny-embedded' },
    { name: 'b', model: 'micro' },
  ] as const;
  const comparing = compareModels({ path, contestants }, { client: 'test', settings }, cancel.signal, () =>
    cancel.abort(),
  );
  await expect(comparing).rejects.toSatisfy(isCancelled);
  expect(await contents(join(path, '..'))).toEqual(before);
  expect(await temporary()).toEqual(folders);
});

test('masklet compare prints both, and takes the masks of one', async () => {
  const path = await annotatedClip();
  const options = ['--model-dir', settings.modelDir!, '--models', 'micro,embedded@fast'];
  const { code, json } = await cliJson([
    'compare',
    path,
    ...options,
    '--range',
    '1:2',
    '--take',
    'embedded@fast',
  ]);
  expect(code).toBe(0);
  expect(json).toMatchObject({
    contestants: [{ name: 'micro' }, { name: 'embedded@fast', quality: 'fast' }],
    references: 1,
    taken: 1,
  });
  // Frame 2 was drawn by hand and stays; frame 1 is new.
  const { sidecar } = json as { sidecar: string };
  const masks = (await readFile(join(sidecar, 'masks', 'fish.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { frame: number; state: string });
  expect(masks.map(({ frame, state }) => [frame, state])).toEqual([
    [0, 'prompted'],
    [1, 'edited'],
    [2, 'edited'],
    [3, 'edited'],
  ]);

  for (const models of ['micro', 'micro,micro@huge', 'a,b,c']) {
    const refused = await startCli(['compare', path, '--models', models]).finished;
    expect([refused.code, refused.stderr.includes('masklet:')]).toEqual([3, true]);
  }
  const unknown = await cliJson(['compare', path, '--models', 'nothing,embedded']);
  expect(unknown.json).toMatchObject({ error: { code: 'model/unknown' } });
});
