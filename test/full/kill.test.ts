/** Fifty times `kill -9` in the middle of a propagation: nothing reported is lost, and the end is the same to the byte. */
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KernelClient } from '../../kernel/client/kernelClient';
import type { MaskletError } from '../../shared/protocol/errors';
import type { FrameProgress } from '../../shared/protocol/session';
import type { MaskRecord } from '../../shared/domain/annotations';
import type { SampleClip } from '../../kernel/sample/sampleClip';
import { startCli } from '../support/cli';
import { smallClip, temporaryFolder } from '../support/kernel';

const FRAMES = 24;
const KILLS = 25;
/** Between nothing and about two frames. */
const MOMENT_MS = 5_000;

let shared: string;
let clip: SampleClip;
let expected: string;

const masksOf = (video: string): Promise<string> =>
  readFile(join(`${video}.masklet`, 'masks', 'fish.jsonl'), 'utf8');

async function ownClip(): Promise<string> {
  const path = join(await temporaryFolder(), 'clip.mp4');
  await copyFile(clip.video, path);
  return path;
}

function command(video: string): string[] {
  return ['segment', video, '--object', 'fish', '--box', `0:${clip.box.join(',')}`];
}

beforeAll(async () => {
  shared = await mkdtemp(join(tmpdir(), 'masklet-kill-'));
  clip = await smallClip(shared, FRAMES);
  const { code } = await startCli(command(clip.video)).finished;
  expect(code).toBe(0);
  expected = await masksOf(clip.video);
}, 600_000);
afterAll(() => rm(shared, { recursive: true, force: true }));

test(`the kernel, ${KILLS} times`, { timeout: 1_200_000 }, async () => {
  let kills = 0;
  // A run that ends before it has been killed often enough is followed by another one.
  for (let clips = 1; kills < KILLS; clips++) {
    const path = await ownClip();
    const reported = new Map<number, MaskRecord>();
    for (let ended = false; !ended;) {
      const kernel = new KernelClient({ client: 'kill test' });
      try {
        const session = await kernel.open({ path });
        for (const [frame, mask] of reported) {
          const [stored] = await session.request('frame/masks', { frame });
          expect(stored).toEqual({ ...mask, stale: false });
        }
        await session.request('object/addBox', { object: 'fish', frame: 0, box: clip.box });
        const kill = (): void => {
          kills++;
          process.kill(kernel.pid as number, 'SIGKILL');
        };
        const timer = kills < KILLS ? setTimeout(kill, Math.random() * MOMENT_MS) : undefined;
        const onProgress = (value: FrameProgress): void => {
          const { frame, masks } = value;
          reported.set(frame, masks[0]);
        };
        await session
          .request('session/propagate', { direction: 'both' }, { onProgress })
          .finally(() => clearTimeout(timer));
        await session.request('session/save', {});
        ended = true;
      } catch (error) {
        expect((error as MaskletError).code).toBe('kernel/died');
      } finally {
        await kernel.dispose();
      }
    }
    console.log(`clip ${clips}: killed ${kills} times so far; ${reported.size} frames reported`);
    expect(await masksOf(path)).toBe(expected);
  }
});

test(`the command line, ${KILLS} times`, { timeout: 1_200_000 }, async () => {
  let kills = 0;
  for (let clips = 1; kills < KILLS; clips++) {
    const path = await ownClip();
    for (let ended = false; !ended;) {
      const run = startCli(command(path));
      const timer =
        kills < KILLS
          ? setTimeout(() => run.child.kill('SIGKILL'), 1_000 + Math.random() * MOMENT_MS)
          : undefined;
      const { code, stderr } = await run.finished;
      clearTimeout(timer);
      if (run.child.signalCode === 'SIGKILL') kills++;
      else {
        expect(code, stderr).toBe(0);
        ended = true;
      }
    }
    console.log(`clip ${clips}: killed ${kills} times so far`);
    expect(await masksOf(path)).toBe(expected);
  }
});
