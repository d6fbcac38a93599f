/** Batch runs that are killed at every point at which they write, and at random ones, end in the bytes of one that was not. */
import { copyFile, cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../shared/protocol/exitCodes';
import { startCli, type CliRun } from '../support/cli';
import { annotate, infoOf, makeDatabase } from '../support/datasetFixture';
import { smallClip, temporaryFolder } from '../support/kernel';
import { filesBelow } from '../support/storageFixture';

const FRAMES = 3;
const CLIPS = ['a.mp4', 'b.mp4'];
const RANDOM_KILLS = 6;
const MOMENT_MS = 6_000;

/**
 * Preloaded into every process and thread: ends the process before the n-th change of a sidecar or lease that it makes. What is
 * on the disk then is what a crash at that point would leave.
 */
const KILLER = `
const fs = require('node:fs');
const limit = Number(process.env.KILL_BEFORE_WRITE ?? 0);
let writes = 0;
const watch = (owner, name) => {
  const original = owner[name];
  owner[name] = function (...args) {
    const [path, flags] = args;
    const ours = typeof path === 'string' && /\\.mp4\\.masklet/.test(path);
    const writing = name !== 'openSync' && name !== 'open' ? true : /w/.test(String(flags ?? 'r'));
    if (limit > 0 && ours && writing && ++writes === limit) {
      fs.appendFileSync(process.env.KILL_LOG, name + ' ' + path + '\\n');
      process.kill(process.pid, 'SIGKILL');
      for (;;);
    }
    return original.apply(this, args);
  };
};
for (const name of ['openSync', 'renameSync', 'rmSync', 'mkdirSync']) watch(fs, name);
for (const name of ['open', 'rename', 'rm', 'link']) watch(fs.promises, name);
`;

let root: string;
let prompted: string;
let expected: Record<string, string>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'masklet-batch-kill-'));
  const sample = await smallClip(root, FRAMES);
  prompted = join(root, 'clips');
  makeDatabase(prompted);
  for (const name of CLIPS) {
    await copyFile(sample.video, join(prompted, name));
    annotate(await infoOf(join(prompted, name)), {
      objects: [{ id: 'fish', label: 'fish' }],
      masks: [],
      prompts: [{ object: 'fish', frame: 1, points: [], box: sample.box }],
    });
  }
  const whole = await ownCopy(join(root, 'whole'));
  const { code, stderr } = await batch(whole).finished;
  expect(code, stderr).toBe(EXIT.ok);
  expected = sidecars(whole);
  expect(Object.keys(expected).filter((path) => path.includes('/masks/'))).toHaveLength(CLIPS.length);
}, 400_000);
afterAll(() => rm(root, { recursive: true, force: true }));

async function ownCopy(parent?: string): Promise<string> {
  const copy = join(parent ?? (await temporaryFolder()), 'clips');
  await cp(prompted, copy, { recursive: true, filter: (path) => !path.endsWith('.masklet/masklet.sqlite') });
  return copy;
}

function sidecars(folder: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(filesBelow(folder)).filter(([path]) => /\.mp4\.masklet\//.test(path)),
  );
}

function batch(
  folder: string,
  args: string[] = [],
  env: Record<string, string> = {},
  worker = 'local',
): CliRun {
  return startCli(['batch', folder, '--database', join(folder, '..', worker), ...args], { env });
}

async function expectWhole(folder: string): Promise<void> {
  expect(sidecars(folder)).toEqual(expected);
  expect((await readdir(folder)).filter((name) => /lease|tmp/.test(name))).toEqual([]);
}

describe('a batch', { timeout: 1_800_000 }, () => {
  test('killed before each of its writes', async () => {
    const tools = await temporaryFolder();
    const script = join(tools, 'killer.cjs');
    const log = join(tools, 'kills');
    await writeFile(script, KILLER);
    await writeFile(log, '');
    const kills = async (): Promise<string[]> => (await readFile(log, 'utf8')).split('\n').filter(Boolean);
    for (let n = 1; ; n++) {
      const folder = await ownCopy();
      const args = n % 2 === 0 ? ['--resume'] : [];
      const before = (await kills()).length;
      const env = { NODE_OPTIONS: `--require ${script}`, KILL_BEFORE_WRITE: String(n), KILL_LOG: log };
      const { code, signal } = await batch(folder, args, env).finished;
      if ((await kills()).length === before) {
        expect([code, signal]).toEqual([EXIT.ok, null]);
        break;
      }
      expect(code).not.toBe(EXIT.ok);
      const again = await batch(folder, args).finished;
      expect(again.code, again.stderr).toBe(EXIT.ok);
      await expectWhole(folder);
    }
    // Leases, and every step of replacing a file.
    const seen = (await kills()).map((line) => line.replace(/ .*/, ''));
    for (const step of ['open', 'openSync', 'renameSync']) expect(seen).toContain(step);
  });

  test(`two workers, one or the other killed ${RANDOM_KILLS} times`, async () => {
    for (let kills = 0; kills < RANDOM_KILLS;) {
      const folder = await ownCopy();
      for (let ended = 0; ended < 2 && kills < RANDOM_KILLS;) {
        const runs = ['one', 'two'].map((worker) => batch(folder, ['--resume'], {}, worker));
        const victim = runs[Math.floor(Math.random() * 2)];
        const timer = setTimeout(() => victim.child.kill('SIGKILL'), 500 + Math.random() * MOMENT_MS);
        const results = await Promise.all(runs.map(({ finished }) => finished));
        clearTimeout(timer);
        if (results.some(({ signal }) => signal === 'SIGKILL')) kills++;
        ended = results.filter(({ code }) => code === EXIT.ok).length;
      }
      const { code, stderr } = await batch(folder).finished;
      expect(code, stderr).toBe(EXIT.ok);
      await expectWhole(folder);
    }
  });
});
