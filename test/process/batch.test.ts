import { copyFile, cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runBatch, type BatchResult } from '../../kernel/client/batch/runBatch';
import { EXIT } from '../../shared/protocol/exitCodes';
import type { CheckedClip } from '../../shared/protocol/dataset';
import type { SampleClip } from '../../kernel/sample/sampleClip';
import { cliJson, startCli } from '../support/cli';
import {
  annotate,
  annotatedClip,
  datasetFolder,
  drawn,
  infoOf,
  makeDatabase,
} from '../support/datasetFixture';
import { smallClip, startKernel, temporaryFolder } from '../support/kernel';
import { until } from '../support/until';
import { edit, filesBelow } from '../support/storageFixture';

/** The prompted one, and one on either side of it. */
const FRAMES = 3;

let root: string;
let sample: SampleClip;
/** A folder with two clips that have prompts and no masks. */
let prompted: string;
/** What an undisturbed run makes of it, and the text of its sidecars. */
let whole: string;
let expected: Record<string, string>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'masklet-batch-'));
  makeDatabase(root);
  sample = await smallClip(root, FRAMES);
  prompted = join(root, 'prompted');
  makeDatabase(prompted);
  for (const name of ['a.mp4', 'b.mp4']) {
    await copyFile(sample.video, join(prompted, name));
    annotate(await infoOf(join(prompted, name)), {
      objects: [{ id: 'fish', label: 'fish' }],
      masks: [],
      prompts: [{ object: 'fish', frame: 1, points: [], box: sample.box }],
    });
  }
  whole = await copyOf(prompted, join(root, 'whole'));
  const { code, stderr } = await batch(whole);
  expect(code, stderr).toBe(EXIT.ok);
  expected = sidecars(whole);
}, 400_000);
afterAll(() => rm(root, { recursive: true, force: true }));

async function copyOf(folder: string, parent?: string): Promise<string> {
  const copy = join(parent ?? (await temporaryFolder()), 'clips');
  await cp(folder, copy, { recursive: true, filter: (path) => !path.endsWith('.masklet/masklet.sqlite') });
  return copy;
}

/** Text of all sidecar files. */
function sidecars(folder: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(filesBelow(folder)).filter(([path]) => /\.mp4\.masklet\//.test(path)),
  );
}

async function batch(
  folder: string,
  ...args: string[]
): Promise<{ code: number | null; result: BatchResult; stderr: string }> {
  const database = join(dirname(folder), 'node-local');
  const { code, json, stderr } = await cliJson(['batch', folder, '--database', database, ...args]);
  return { code, result: json as BatchResult, stderr };
}

describe('masklet batch', { timeout: 400_000 }, () => {
  test('every clip is propagated from its saved prompts; then there is nothing left to do', async () => {
    const masks = Object.entries(expected).filter(([path]) => path.includes('/masks/'));
    expect(masks.map(([, text]) => text.trim().split('\n').length)).toEqual([FRAMES, FRAMES]);
    const folder = await copyOf(prompted);
    const first = await batch(folder, '--shard', '1/2');
    expect(first.result).toMatchObject({
      found: 1,
      clips: [{ path: join(folder, 'a.mp4'), outcome: 'done', frames: FRAMES - 1 }],
    });
    const second = await batch(folder);
    expect(second.result.clips).toMatchObject([{ path: join(folder, 'b.mp4'), outcome: 'done' }]);
    expect((await batch(folder)).result.clips).toEqual([]);
    expect(sidecars(folder)).toEqual(expected);
    expect((await readdir(folder)).filter((name) => name.endsWith('.lease'))).toEqual([]);
    const check = await cliJson(['check', folder]);
    expect(check.code).toBe(EXIT.ok);
  });

  test('the model stays loaded from one clip to the next', async () => {
    const folder = await copyOf(prompted);
    const { kernel, events } = startKernel();
    const databaseDir = join(dirname(folder), 'node-local');
    const { clips } = await runBatch(
      { paths: [folder], staleOnly: false, resume: false, databaseDir },
      [kernel],
      new AbortController().signal,
      { started: () => undefined, frame: () => undefined, ended: () => undefined },
    );
    expect(clips.map(({ outcome }) => outcome)).toEqual(['done', 'done']);
    expect(sidecars(folder)).toEqual(expected);
    const states = events.flatMap((event) => (event.event === 'model/state' ? [event.value.state] : []));
    expect(states).toEqual(['loading', 'ready']);
  });

  test('two workers on one folder do each clip once', async () => {
    const folder = await copyOf(prompted);
    const runs = await Promise.all(
      ['one', 'two'].map((name) => batch(folder, '--database', join(dirname(folder), name))),
    );
    const done = runs.flatMap(({ result }) => result.clips.filter(({ outcome }) => outcome === 'done'));
    expect(done.map(({ path }) => path).sort()).toEqual(['a.mp4', 'b.mp4'].map((name) => join(folder, name)));
    expect(runs.flatMap(({ result }) => result.clips.filter(({ outcome }) => outcome === 'failed'))).toEqual(
      [],
    );
    expect(sidecars(folder)).toEqual(expected);
  });

  test.each([[], ['--resume']])(
    'killed and run again (%j), it ends in the same bytes',
    async (...options) => {
      const folder = await copyOf(prompted);
      const database = join(dirname(folder), 'node-local');
      const run = startCli(['batch', folder, '--database', database]);
      let seen = '';
      run.child.stderr?.on('data', (text: string) => (seen += text));
      await until(() => /propagating/.test(seen) || /b\.mp4/.test(seen), 'no frame was computed', 200);
      run.child.kill('SIGKILL');
      await run.finished;
      expect((await readdir(folder)).filter((name) => name.endsWith('.lease'))).toHaveLength(1);
      const again = await batch(folder, ...options);
      expect(again.code, again.stderr).toBe(EXIT.ok);
      expect(sidecars(folder)).toEqual(expected);
    },
  );

  test('a clip that fails is listed, and does not keep the others from being done', async () => {
    const folder = await copyOf(prompted);
    await writeFile(join(folder, 'a.mp4'), 'no video');
    const { code, result } = await batch(folder);
    expect(result.clips).toMatchObject([
      { path: join(folder, 'a.mp4'), outcome: 'failed', error: { code: 'video/not-a-video' } },
      { path: join(folder, 'b.mp4'), outcome: 'done' },
    ]);
    expect(code).toBe(EXIT.input);
  });

  test('a prompt that changed makes its masks stale: check says so, --stale-only does just them', async () => {
    const folder = await copyOf(whole);
    await rm(join(folder, 'a.mp4.masklet', 'masks'), { recursive: true });
    edit(join(folder, 'b.mp4.masklet', 'prompts.jsonl'), (text) => {
      const [x0, y0, x1, y1] = sample.box;
      return text.replace(/"box":\[[^\]]*\]/, `"box":${JSON.stringify([x0 + 1, y0, x1, y1])}`);
    });
    const check = await cliJson(['check', folder]);
    expect(check.code).toBe(EXIT.failed);
    const { clips } = check.json as { clips: CheckedClip[] };
    expect(clips).toMatchObject([
      { stale: 0, missing: FRAMES },
      { stale: FRAMES, missing: 0 },
    ]);
    const { result } = await batch(folder, '--stale-only');
    expect(result.clips).toMatchObject([{ path: join(folder, 'b.mp4'), outcome: 'done' }]);
  });
});

describe('masklet check', () => {
  test('a broken line and a conflict make it fail; the video itself is not needed', async () => {
    const folder = await datasetFolder();
    const clip = await annotatedClip(join(folder, 'pond'), {
      frames: 2,
      width: 4,
      height: 3,
      objects: [{ id: 'a' }],
      masks: [0, 1].map((frame) => ({ object: 'a', frame, mask: drawn('....', '.#..', '....') })),
    });
    await rm(clip, { recursive: true });
    const sound = await cliJson(['check', folder]);
    expect(sound.json).toMatchObject({ failed: 0, clips: [{ path: clip, masks: 2, stale: 0, missing: 0 }] });
    expect(sound.code).toBe(EXIT.ok);
    const masks = join(`${clip}.masklet`, 'masks', 'a.jsonl');
    const before = await readFile(masks, 'utf8');
    await writeFile(masks, `${before}{"frame": 1, "oops`);
    expect((await cliJson(['check', folder])).code).toBe(EXIT.failed);
    const [first] = before.split('\n');
    await writeFile(masks, `${before}${first.replace('"verified":false', '"verified":true')}\n`);
    const conflict = await cliJson(['check', clip]);
    expect(conflict.json).toMatchObject({ clips: [{ conflicts: 1 }] });
    expect(conflict.code).toBe(EXIT.failed);
    await writeFile(join(`${clip}.masklet`, 'video.json'), 'broken');
    expect((await cliJson(['check', folder])).json).toMatchObject({
      clips: [{ problems: [{ code: 'sidecar/broken-line' }] }],
    });
  });
});
