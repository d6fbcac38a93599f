/** Objects proposed on a frame, by both engines, through the real kernel and the command line. */
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rleArea, rleBox, rleIou } from '../../kernel/masks/rle';
import type { SampleClip } from '../../kernel/sample/sampleClip';
import { ModelLibrary } from '../../models/library';
import { isCancelled } from '../../shared/protocol/errors';
import type { Proposal, ProposeProgress, ProposeResult } from '../../shared/protocol/session';
import { cliJson } from '../support/cli';
import { smallClip, startKernel, temporaryFolder } from '../support/kernel';
import { microHints, writeMicroModel } from '../support/microModel';

let folder: string;
let clip: SampleClip;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'masklet-propose-'));
  clip = await smallClip(folder, 3);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function ownClip(): Promise<string> {
  const path = join(await temporaryFolder(), 'clip.mp4');
  await copyFile(clip.video, path);
  return path;
}

const fish = (n: number) => clip.groundTruth.objects[n].masks[1];
const best = (proposals: readonly Proposal[], n: number): number =>
  Math.max(0, ...proposals.map(({ mask }) => rleIou(mask, fish(n))));

test('the objects of a frame are proposed without a prompt, and nothing is stored', async () => {
  const { kernel } = startKernel({ quality: 'fast' });
  const session = await kernel.open({ path: await ownClip() });
  const progress: ProposeProgress[] = [];
  const onProgress = (value: ProposeProgress): unknown => progress.push(value);
  const found = await session.request('frame/propose', { frame: 1 }, { onProgress });

  for (const n of clip.groundTruth.objects.keys()) expect(best(found.proposals, n)).toBeGreaterThan(0.7);
  expect(found).toMatchObject({ frame: 1, clicks: 256 });
  expect(found.encodeMs).toBeGreaterThan(0);
  expect(progress[0]).toEqual({ done: 0, total: 256 });
  expect(progress.at(-1)).toEqual({ done: 256, total: 256 });
  const { proposals } = found;
  const areas = proposals.map(({ area }) => area);
  expect(areas).toEqual(areas.toSorted((a, b) => b - a));
  for (const [i, { mask, area, bbox, iou, stability }] of proposals.entries()) {
    expect([rleArea(mask), rleBox(mask)]).toEqual([area, bbox]);
    expect(Math.min(iou, stability)).toBeGreaterThanOrEqual(0.7);
    for (const other of proposals.slice(i + 1)) expect(rleIou(mask, other.mask)).toBeLessThan(0.7);
  }
  expect((await session.request('session/status', {})).dirty).toBe(false);

  // The same again, without the encoder.
  const again = await session.request('frame/propose', { frame: 1 });
  expect(again.encodeMs).toBe(0);
  expect(again.proposals).toEqual(proposals);

  // What is an object already is not proposed any more.
  await session.request('object/addMask', { object: 'a', frame: 1, mask: proposals[0].mask });
  const left = await session.request('frame/propose', { frame: 1 });
  expect(left.proposals).toEqual(proposals.slice(1));
  const other = await session.request('frame/propose', { frame: 2, grid: 3 });
  expect(other.clicks).toBe(9);
});

test('a proposal’s box and click give its object back', async () => {
  const { kernel } = startKernel({ quality: 'fast' });
  const session = await kernel.open({ path: await ownClip() });
  const { proposals } = await session.request('frame/propose', { frame: 1, grid: 10 });
  const ofFish = proposals.toSorted((a, b) => rleIou(b.mask, fish(0)) - rleIou(a.mask, fish(0)))[0];
  const [x, y] = ofFish.point;
  const points = [{ x, y, label: 1 as const }];
  const added = await session.request('object/addBox', { object: 'a', frame: 1, box: ofFish.bbox, points });
  expect(rleIou(added.mask.mask, fish(0))).toBeGreaterThan(0.7);
});

test('proposing can be cancelled, and clicks are answered meanwhile', async () => {
  const { kernel } = startKernel();
  const session = await kernel.open({ path: await ownClip() });
  const cancel = new AbortController();
  let clicked: Promise<unknown> | undefined;
  let seen = 0;
  const proposing = session.request(
    'frame/propose',
    { frame: 0, grid: 64 },
    {
      signal: cancel.signal,
      onProgress: ({ done }) => {
        seen = done;
        if (done === 0 || clicked) return;
        const points = [{ x: 160, y: 90, label: 1 as const }];
        clicked = session
          .request('object/addPoints', { object: 'a', frame: 0, points })
          .finally(() => cancel.abort());
      },
    },
  );
  await expect(proposing).rejects.toSatisfy(isCancelled);
  await clicked;
  expect(seen).toBeLessThan(4096);
  const { proposals } = await session.request('frame/propose', { frame: 0, grid: 2 });
  expect(proposals.length).toBeLessThanOrEqual(12);
});

test('what cannot be asked is refused in words', async () => {
  const { kernel } = startKernel();
  const session = await kernel.open({ path: await ownClip(), readOnly: true });
  for (const grid of [0, 65, 2.5, NaN])
    await expect(session.request('frame/propose', { frame: 0, grid })).rejects.toMatchObject({
      code: 'input/invalid',
      hint: 'Give a whole number from 1 to 64.',
    });
  await expect(session.request('frame/propose', { frame: 3 })).rejects.toMatchObject({
    code: 'video/no-such-frame',
  });
  // Nothing is written, so that a clip that is open read-only can be looked at, too.
  expect((await session.request('frame/propose', { frame: 0, grid: 1 })).clicks).toBe(1);
});

test('the full model proposes as well', async () => {
  const modelDir = await temporaryFolder();
  const { checkpoint } = writeMicroModel(modelDir, 'micro');
  await new ModelLibrary(modelDir).import(checkpoint, { hints: microHints });
  const { kernel } = startKernel({ modelDir });
  const session = await kernel.open({ path: await ownClip(), model: 'micro' });
  const found = await session.request('frame/propose', { frame: 1, grid: 5 });
  expect(found.clicks).toBe(25);
  for (const { mask, iou } of found.proposals) {
    expect(mask.size).toEqual([180, 320]);
    expect(iou).toBeGreaterThanOrEqual(0.7);
  }
});

test('masklet propose lists, draws and adds', async () => {
  const path = await ownClip();
  const out = join(await temporaryFolder(), 'seen', 'proposals.jpg');
  const listed = await cliJson([
    'propose',
    path,
    '--frame',
    '1',
    '--quality',
    'fast',
    '--grid',
    '10',
    '--out',
    out,
  ]);
  expect(listed.code).toBe(0);
  const { proposals } = listed.json as ProposeResult;
  expect(best(proposals, 0)).toBeGreaterThan(0.7);
  const picture = await readFile(out);
  expect([...picture.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);

  const n = proposals.findIndex(({ mask }) => rleIou(mask, fish(0)) === best(proposals, 0)) + 1;
  const added = await cliJson([
    ...[
      'propose',
      path,
      '--frame',
      '1',
      '--quality',
      'fast',
      '--grid',
      '10',
      '--add',
      String(n),
      '--label',
      'carp',
    ],
  ]);
  expect(added.code).toBe(0);
  const { objects, sidecar } = added.json as { objects: string[]; sidecar: string };
  expect(objects).toHaveLength(1);
  expect(JSON.parse(await readFile(join(sidecar, 'objects', `${objects[0]}.json`), 'utf8'))).toMatchObject({
    label: 'carp',
  });
  const prompts = await readFile(join(sidecar, 'prompts.jsonl'), 'utf8');
  expect(JSON.parse(prompts)).toMatchObject({ object: objects[0], frame: 1, box: proposals[n - 1].bbox });

  const refused = await cliJson(['propose', path, '--add', '0']);
  expect(refused.json).toMatchObject({ error: { code: 'input/invalid' } });
  const beyond = await cliJson(['propose', path, '--grid', '1', '--add', '99']);
  expect(beyond.json).toMatchObject({ error: { code: 'input/invalid' } });
});
