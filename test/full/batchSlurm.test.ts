/** A batch on a real Slurm of one node: stopped at the limit of its time and queued again until all is done. */
import { copyFile, cp, mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../shared/protocol/exitCodes';
import { startCli } from '../support/cli';
import { annotate, infoOf, makeDatabase } from '../support/datasetFixture';
import { smallClip } from '../support/kernel';
import { hasSlurm, startSlurm, type Slurm } from '../support/slurm';
import { filesBelow } from '../support/storageFixture';
import { until } from '../support/until';

/** Few, so that every job ends a clip: begun clips are encoded again from their start. */
const FRAMES = 5;
/** Slurm looks at the time every half minute, and limits it in minutes: there is work for longer, at this machine's speed. */
const SECONDS_OF_WORK = 120;
const TWO_MINUTES = ['--time=2', '--signal=B:INT@70'];
const CLIPS_AT_MOST = 300;
const LIMIT_S = 1_200;

const installed = hasSlurm();
let root: string;
let slurm: Slurm | undefined;
/** Two clips with prompts and no masks. */
let prompted: string;
/** Files of the sidecar of a clip in an undisturbed run. */
let expected: Record<string, string>;
let secondsOfClip: number;

beforeAll(async () => {
  if (!installed) return;
  root = await mkdtemp(join(tmpdir(), 'masklet-batch-slurm-'));
  const sample = await smallClip(root, FRAMES);
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
  const whole = join(root, 'whole');
  await cp(prompted, whole, { recursive: true });
  const run = startCli(['batch', whole, '--threads', '1', '--database', join(root, 'databases')]);
  // The second clip finds the model loaded, as those of a job do.
  let began = performance.now();
  run.child.stderr?.on('data', (text: string) => {
    if (text.includes('(2/2)')) began = performance.now();
  });
  const { code, stderr } = await run.finished;
  secondsOfClip = (performance.now() - began) / 1000;
  expect(code, stderr).toBe(EXIT.ok);
  expected = sidecar(whole, 'b.mp4');
  expect(Object.keys(expected)).toContain('masks/fish.jsonl');
  slurm = await startSlurm();
}, LIMIT_S * 1000);
afterAll(async () => {
  await slurm?.stop();
  if (installed) await rm(root, { recursive: true, force: true });
}, 60_000);

/** The files of a clip's sidecar with their text, without what names the clip. */
function sidecar(folder: string, clip: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(filesBelow(join(folder, `${clip}.masklet`))).map(([path, text]) => [
      path,
      text.replaceAll(clip, 'CLIP'),
    ]),
  );
}

/** A folder for a job's clips, its logs and what belongs to the node. */
async function place(name: string): Promise<{ clips: string; logs: string; node: string }> {
  const [clips, logs, node] = ['clips', 'logs', 'node'].map((part) => join(root, name, part));
  await cp(prompted, clips, { recursive: true });
  for (const folder of [logs, node]) await mkdir(folder);
  return { clips, logs, node };
}

async function submit(
  { clips, logs, node }: { clips: string; logs: string; node: string },
  before: readonly string[],
  after: readonly string[],
): Promise<string> {
  const { code, stdout, stderr } = await startCli(
    ['batch', clips, '--slurm', '--json', '--threads', '1', '--database', node, ...before, '--', ...after],
    { cwd: logs, env: { ...slurm!.env } },
  ).finished;
  expect(code, stderr).toBe(EXIT.ok);
  return (JSON.parse(stdout) as { job: string }).job;
}

async function ended(job: string, logs: string): Promise<Record<string, string>> {
  const isOver = async (): Promise<boolean> => {
    await setTimeout(1_000);
    return /COMPLETED|FAILED|TIMEOUT|CANCELLED/.test(slurm!.stateOf(job).JobState);
  };
  try {
    await until(isOver, `job ${job} to end`, LIMIT_S);
  } catch (error) {
    const said = `${String(error)}\n${slurm!.ask('scontrol', 'show', 'job')}\n${await logsIn(logs)}`;
    throw new Error(said, { cause: error });
  }
  return slurm!.stateOf(job);
}

async function logsIn(folder: string): Promise<string> {
  const files = await readdir(folder);
  return (await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))).join('\n');
}

describe.skipIf(!installed)(
  installed ? 'a batch on Slurm' : 'skipped: there is no Slurm to try a batch on',
  { timeout: LIMIT_S * 1500 },
  () => {
    test('at the limit of its time it stops, is queued again, and ends in the same bytes', async () => {
      const at = await place('limited');
      const count = Math.min(CLIPS_AT_MOST, Math.max(2, Math.ceil(SECONDS_OF_WORK / secondsOfClip)));
      for (let n = 2; n < count; n++) {
        const copy = `c${n}.mp4`;
        await copyFile(join(at.clips, 'a.mp4'), join(at.clips, copy));
        await cp(join(at.clips, 'a.mp4.masklet'), join(at.clips, `${copy}.masklet`), { recursive: true });
      }
      const job = await submit(at, [], TWO_MINUTES);
      const state = await ended(job, at.logs);
      const log = await logsIn(at.logs);
      expect(state, log).toMatchObject({ JobState: 'COMPLETED', ExitCode: '0:0' });
      expect(Number(state.Restarts), log).toBeGreaterThan(0);
      expect(await readdir(at.logs)).toEqual([`masklet-${job}.log`]);
      expect(log.match(/queued again/g)).toHaveLength(Number(state.Restarts));
      expect(log).not.toMatch(/the kernel ended|FAILED|DUE TO TIME LIMIT/);
      const clips = (await readdir(at.clips)).filter((name) => name.endsWith('.mp4'));
      expect(clips).toHaveLength(count);
      for (const clip of clips) expect(sidecar(at.clips, clip), clip).toEqual(expected);
      expect((await readdir(at.clips)).filter((name) => /lease|tmp/.test(name))).toEqual([]);
      expect(await readdir(at.node)).toEqual([]);
    });

    test('the tasks of an array share the clips', async () => {
      const at = await place('array');
      const job = await submit(at, ['--array', '2'], ['--time=30', '--comment=two of "two" # tasks']);
      for (const task of [1, 2]) {
        const state = await ended(`${job}_${task}`, at.logs);
        expect(state, await logsIn(at.logs)).toMatchObject({ JobState: 'COMPLETED', Restarts: '0' });
      }
      for (const [task, clip] of ['a.mp4', 'b.mp4'].entries()) {
        const log = await readFile(join(at.logs, `masklet-${job}_${task + 1}.log`), 'utf8');
        expect(log).toContain(`${join(at.clips, clip)}: done, ${FRAMES - 1} frames`);
        expect(log.match(/: done/g)).toHaveLength(1);
        expect(sidecar(at.clips, clip)).toEqual(expected);
      }
    });
  },
);
