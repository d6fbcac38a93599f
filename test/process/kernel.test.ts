import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { appendFile, copyFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, afterAll, describe, expect, test } from 'vitest';
import { KernelClient } from '../../kernel/client/kernelClient';
import { MaskletError } from '../../shared/protocol/errors';
import { encodeRle, rleIou } from '../../kernel/masks/rle';
import { kernelScript } from '../../kernel/runtime/paths';
import type { SampleClip } from '../../kernel/sample/sampleClip';
import { mkdtemp } from 'node:fs/promises';
import { constants, getPriority, tmpdir } from 'node:os';
import { collector, isAlive, smallClip, startKernel, temporaryFolder } from '../support/kernel';
import { until } from '../support/until';

let shared: string;
let clip: SampleClip;
beforeAll(async () => {
  shared = await mkdtemp(join(tmpdir(), 'masklet-kernel-'));
  clip = await smallClip(shared);
});
afterAll(() => rm(shared, { recursive: true, force: true }));

/** The clip in a folder of the test's own, so that no test sees another's annotations. */
async function ownClip(): Promise<string> {
  const path = join(await temporaryFolder(), 'clip.mp4');
  await copyFile(clip.video, path);
  return path;
}

async function rejection(promise: Promise<unknown>): Promise<MaskletError> {
  try {
    await promise;
  } catch (error) {
    expect(error).toBeInstanceOf(MaskletError);
    return error as MaskletError;
  }
  throw new Error('It was not refused.');
}

const truth = (frame: number): { size: readonly [number, number]; counts: string } =>
  clip.groundTruth.objects[0].masks[frame];

describe('the process', () => {
  test('a client of another protocol is refused with both versions named', async () => {
    const { kernel } = startKernel();
    const hello = { protocol: 99 as 1, client: 'from the future' };
    const error = await rejection(kernel.request('kernel/hello', hello));
    expect(error.code).toBe('kernel/version-mismatch');
    expect(error.message).toMatch(/1.*99/);
  });

  test('it ends with its parent, even when that is killed', async () => {
    const folder = await temporaryFolder();
    const script = join(folder, 'parent.cjs');
    await writeFile(
      script,
      `const kernel = require('node:child_process').fork(${JSON.stringify(kernelScript('main'))}, [], {
         serialization: 'advanced', detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
       console.log(kernel.pid); setInterval(() => undefined, 1000);`,
    );
    const parent = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pid = await new Promise<number>((resolve) =>
      parent.stdout.once('data', (text) => resolve(Number(text))),
    );
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await until(() => !isAlive(pid), 'the kernel outlived its parent');
  });

  test('a kernel that cannot start says why, with its last words', async () => {
    const { KernelProcess } = await import('../../kernel/client/kernelProcess');
    const script = join(await temporaryFolder(), 'broken.cjs');
    await writeFile(script, 'console.error("the disk is on fire"); process.exit(3);');
    const error = await rejection(
      KernelProcess.start({ script, settings: {}, client: 'test', onEvent: () => undefined }),
    );
    expect(error.code).toBe('kernel/start-failed');
    expect(error.message).toContain('exit code 3');
    expect(error.message).toContain('the disk is on fire');
  });

  test('a kernel that dies again and again is not started for ever', async () => {
    const { kernel } = startKernel();
    for (let n = 0; n < 3; n++) {
      await kernel.request('kernel/cleanup', {});
      process.kill(kernel.pid as number, 'SIGKILL');
      await until(() => kernel.pid === undefined, 'the death went unnoticed');
    }
    expect((await rejection(kernel.request('kernel/cleanup', {}))).code).toBe('kernel/start-failed');
    await kernel.restart();
    expect(await kernel.request('kernel/cleanup', {})).toEqual({ freed: 0 });
  });

  test('its health names every part and passes on this machine', async () => {
    const { kernel } = startKernel();
    const health = await kernel.request('kernel/health', {});
    expect(health.checks.map((check) => check.name)).toEqual(
      expect.arrayContaining(['Node', 'ffmpeg', 'onnxruntime', 'model', 'SQLite']),
    );
    expect(health.checks.filter((check) => check.state === 'failed')).toEqual([]);
  });
});

describe('a session', () => {
  test('segments from a box, then answers a second click without the encoder, then follows the object', async () => {
    const path = await ownClip();
    const { kernel } = startKernel();
    const session = await kernel.open({ path });
    expect(session.opened.video).toMatchObject({ frameCount: 6, width: 320, height: 180 });

    const boxed = await session.request('object/addBox', { object: 'fish', frame: 0, box: clip.box });
    expect(rleIou(boxed.mask.mask, truth(0))).toBeGreaterThan(0.85);
    expect(boxed.mask).toMatchObject({ state: 'prompted', stale: false, verified: false });
    expect(boxed.timings.encodeMs).toBeGreaterThan(0);
    const clicked = await session.request('object/addPoints', {
      object: 'fish',
      frame: 0,
      points: [clip.point],
    });
    expect(clicked.timings.encodeMs).toBe(0);
    expect(clicked.prompt).toMatchObject({ box: clip.box, points: [clip.point] });

    // While the encoder runs the kernel answers everything else.
    await kernel.request('kernel/health', {});
    const { frames, onProgress } = collector();
    let answered = 0;
    const steps = setInterval(() => {
      void session.request('session/status', {}).then(() => answered++);
    }, 100);
    const result = await session.request('session/propagate', { direction: 'both' }, { onProgress });
    clearInterval(steps);
    let { longestStallMs } = await kernel.request('kernel/health', {});
    // A busy machine may stall anybody now and then; work on the main thread would do so in every run.
    for (let run = 0; run < 3 && longestStallMs >= 100; run++) {
      await session.request('session/propagate', { direction: 'both', force: true });
      ({ longestStallMs } = await kernel.request('kernel/health', {}));
    }
    expect(longestStallMs).toBeLessThan(100);
    expect(answered).toBeGreaterThan(result.frames);

    expect(frames.map((progress) => progress.frame)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(result).toMatchObject({ frames: 6, cancelled: false });
    for (let frame = 1; frame < 6; frame++) {
      const [mask] = await session.request('frame/masks', { frame });
      expect(mask).toMatchObject({ state: 'propagated', stale: false });
      expect(rleIou(mask.mask, truth(frame))).toBeGreaterThan(0.8);
    }

    const again = await session.request('session/propagate', { direction: 'forward' });
    expect(again.skipped).toBe(again.frames);
  });

  test('a correction on a later frame changes what follows it, and survives propagating again', async () => {
    const path = await ownClip();
    const { kernel } = startKernel();
    const session = await kernel.open({ path });
    await session.request('object/addBox', { object: 'fish', frame: 0, box: clip.box });
    await session.request('session/propagate', { direction: 'forward' });
    const before = await session.request('frame/masks', { frame: 4 });

    // Half of the object: no model would come to this by itself.
    const half = new Uint8Array(320 * 180);
    const [x0, y0, x1, y1] = clip.box;
    for (let y = Math.floor(y0); y < y1; y++)
      half.fill(1, y * 320 + Math.floor(x0), y * 320 + Math.floor((x0 + x1) / 2));
    const corrected = encodeRle(half, 320, 180);
    await session.request('object/addMask', { object: 'fish', frame: 3, mask: corrected });
    expect((await session.request('session/status', {})).objects[0].stale).toEqual([{ first: 4, last: 5 }]);

    for (const [direction, force] of [
      ['forward', false],
      ['both', true],
      ['forward', true],
    ] as const) {
      // prettier-ignore
      await session.request('session/propagate', { direction, force });
      const [third] = await session.request('frame/masks', { frame: 3 });
      expect(third.mask).toEqual(corrected);
      const [fourth] = await session.request('frame/masks', { frame: 4 });
      expect(fourth.mask).not.toEqual(before[0].mask);
      expect(fourth.stale).toBe(false);
    }
    const [first] = await session.request('frame/masks', { frame: 1 });
    expect(rleIou(first.mask, truth(1))).toBeGreaterThan(0.8);

    // Clicks correct the mask that stands on a tracked frame, and become its prompt.
    const refined = await session.request('object/refine', {
      object: 'fish',
      frame: 5,
      points: [clip.point],
    });
    expect(refined.prompt.mask).toBeDefined();
    expect(refined.mask.state).toBe('prompted');
  });

  test('verified and edited frames are never overwritten', async () => {
    const path = await ownClip();
    const { kernel } = startKernel();
    const session = await kernel.open({ path });
    await session.request('object/addBox', { object: 'fish', frame: 0, box: clip.box });
    await session.request('session/propagate', { direction: 'forward', range: { first: 0, last: 3 } });
    await session.request('object/verify', { object: 'fish', frames: [1], verified: true });
    const drawn = encodeRle(new Uint8Array(320 * 180).fill(1, 0, 3200), 320, 180);
    await session.request('object/addMask', { object: 'fish', frame: 2, mask: drawn, state: 'edited' });
    const [verified] = await session.request('frame/masks', { frame: 1 });
    await session.request('object/addPoints', { object: 'fish', frame: 0, points: [clip.point] });
    await session.request('session/propagate', {
      direction: 'forward',
      range: { first: 0, last: 3 },
      force: true,
    });
    const [still] = await session.request('frame/masks', { frame: 1 });
    expect(still).toEqual(verified);
    const [edited] = await session.request('frame/masks', { frame: 2 });
    expect(edited).toMatchObject({ mask: drawn, state: 'edited' });
  });

  test('several objects are followed at once, and one can join later', async () => {
    const path = await ownClip();
    const { kernel } = startKernel();
    const session = await kernel.open({ path });
    await session.request('object/addBox', { object: 'one', frame: 0, box: clip.box });
    const [, second] = clip.groundTruth.objects;
    await session.request('object/addMask', { object: 'two', frame: 2, mask: second.masks[2] });
    await session.request('session/propagate', { direction: 'both', range: { first: 0, last: 3 } });
    for (const frame of [0, 1, 3]) {
      const masks = await session.request('frame/masks', { frame });
      expect(masks.map((mask) => mask.object)).toEqual(['one', 'two']);
    }
    await session.request('object/remove', { object: 'one' });
    expect((await session.request('frame/masks', { frame: 1 })).map((mask) => mask.object)).toEqual(['two']);
  });

  test('a cancelled propagation keeps what it had, and goes on from there', async () => {
    const path = await ownClip();
    const { kernel } = startKernel();
    const session = await kernel.open({ path });
    await session.request('object/addBox', { object: 'fish', frame: 0, box: clip.box });
    const controller = new AbortController();
    const { frames, onProgress } = collector();
    const result = await session.request(
      'session/propagate',
      { direction: 'forward' },
      {
        signal: controller.signal,
        onProgress: (value) => {
          onProgress(value);
          if (frames.length === 2) controller.abort();
        },
      },
    );
    expect(result.cancelled).toBe(true);
    expect(result.frames).toBeLessThan(6);
    for (const { frame } of frames) {
      expect(await session.request('frame/masks', { frame })).toHaveLength(1);
    }
    const rest = await session.request('session/propagate', { direction: 'forward' });
    expect(rest.skipped).toBeGreaterThanOrEqual(frames.length);
    expect(rest.frames).toBe(6);
  });

  test('prompts that change behind a running propagation are followed', async () => {
    const path = await ownClip();
    const { kernel } = startKernel();
    const session = await kernel.open({ path });
    await session.request('object/addBox', { object: 'fish', frame: 0, box: clip.box });
    let changed: Promise<unknown> | undefined;
    await session.request(
      'session/propagate',
      { direction: 'forward' },
      {
        onProgress: (value) => {
          if ((value as { frame: number }).frame !== 3) return;
          changed ??= session.request('object/addPoints', { object: 'fish', frame: 0, points: [clip.point] });
        },
      },
    );
    await changed;
    const { objects } = await session.request('session/status', {});
    expect(objects[0].masked).toEqual([{ first: 0, last: 5 }]);
    expect(objects[0].stale).toEqual([]);
  });

  test('a kernel killed in mid-propagation is replaced, and everything reported is there', async () => {
    const path = await ownClip();
    const deaths: MaskletError[] = [];
    const { kernel } = startKernel({}, { onDeath: (error) => deaths.push(error) });
    const session = await kernel.open({ path });
    await session.request('object/addBox', { object: 'fish', frame: 0, box: clip.box });
    const { frames, onProgress } = collector();
    const error = await rejection(
      session.request(
        'session/propagate',
        { direction: 'forward' },
        {
          onProgress: (value) => {
            onProgress(value);
            if (frames.length === 2) process.kill(kernel.pid as number, 'SIGKILL');
          },
        },
      ),
    );
    expect(error.code).toBe('kernel/died');
    expect(deaths).toHaveLength(1);
    for (const { frame, masks } of frames) {
      const stored = await session.request('frame/masks', { frame });
      expect(stored.map(({ stale, ...mask }) => [mask, stale])).toEqual(masks.map((mask) => [mask, false]));
    }
    const rest = await session.request('session/propagate', { direction: 'forward' });
    expect(rest).toMatchObject({ frames: 6, cancelled: false });
  });

  test('what is saved is text beside the video, and a fresh database reads it back', async () => {
    const path = await ownClip();
    const { kernel } = startKernel();
    const session = await kernel.open({ path });
    await session.request('object/addBox', { object: 'fish', frame: 0, box: clip.box });
    await session.request('object/update', { object: 'fish', label: 'koi', color: '#ff0000' });
    await session.request('session/propagate', { direction: 'forward', range: { first: 0, last: 2 } });
    expect((await session.request('session/status', {})).dirty).toBe(true);
    const saved = await session.request('session/save', {});
    expect(saved.sidecar).toBe(`${path}.masklet`);
    expect((await session.request('session/status', {})).dirty).toBe(false);
    const masks = await Promise.all([0, 1, 2].map((frame) => session.request('frame/masks', { frame })));
    await session.close();
    await rm(join(path, '..', '.masklet'), { recursive: true });

    const reopened = await kernel.open({ path });
    expect(reopened.opened.objects).toMatchObject([{ id: 'fish', label: 'koi', color: '#ff0000' }]);
    expect(reopened.opened.dirty).toBe(false);
    for (const [frame, rows] of masks.entries()) {
      expect(await reopened.request('frame/masks', { frame })).toEqual(rows);
    }
  });

  test('an idle session gives its memory back and wakes by itself', async () => {
    const path = await ownClip();
    const { kernel, events } = startKernel();
    const session = await kernel.open({ path });
    const point = { object: 'fish', frame: 0, points: [clip.point] };
    await session.request('object/addPoints', point);
    expect((await session.request('session/status', {})).memory.encodedFrames).toBe(1);
    expect(await kernel.request('kernel/cleanup', {})).toEqual({ freed: 1 });
    const asleep = await session.request('session/status', {});
    expect(asleep.memory).toEqual({ encodedFrames: 0, bytes: 0, memories: 0, decodedFrameBytes: 0 });
    expect(asleep.model.state).toBe('idle');
    expect(events.map(({ event }) => event)).toContain('session/idle');
    const woken = await session.request('object/addPoints', { ...point, frame: 1 });
    expect(woken.mask.area).toBeGreaterThan(0);
  });

  test('more videos than the limit put the longest idle one to sleep', async () => {
    const first = await ownClip();
    const second = await ownClip();
    const { kernel, events } = startKernel({ maxConcurrentSessions: 1 });
    const one = await kernel.open({ path: first });
    await kernel.open({ path: second });
    expect(events).toContainEqual({ event: 'session/idle', value: { session: one.id } });
    const image = await one.request('frame/image', { frame: 2, format: 'rgb' });
    expect(image.data).toHaveLength(320 * 180 * 3);
  });

  test('a second kernel on the same clip sees the work live, may not write, and is told who may', async () => {
    const path = await ownClip();
    const { kernel: writer } = startKernel();
    const { kernel: reader } = startKernel();
    const writing = await writer.open({ path, holder: 'the first window' });
    const reading = await reader.open({ path, holder: 'the second window' });
    expect(reading.opened.writer).toMatchObject({ holder: 'the first window', pid: writer.pid });
    await writing.request('object/addBox', { object: 'fish', frame: 0, box: clip.box });
    const refused = await rejection(
      reading.request('object/addBox', { object: 'b', frame: 0, box: clip.box }),
    );
    expect(refused.code).toBe('storage/writer-elsewhere');
    expect(refused.message).toContain('the first window');
    const seen = async (): Promise<boolean> =>
      (await reading.request('frame/masks', { frame: 0 })).length === 1;
    await until(seen, 'the reader did not see the mask');
  });
});

describe('bad input', () => {
  test.each([
    ['prompt/outside-frame', 'object/addPoints', { points: [{ x: 400, y: 10, label: 1 }] }],
    ['prompt/outside-frame', 'object/addBox', { box: [0, 0, 10, 181] }],
    ['prompt/invalid', 'object/addBox', { box: [10, 10, 10, 20] }],
    ['prompt/invalid', 'object/addPoints', { points: [] }],
    ['prompt/invalid', 'object/addPoints', { points: [{ x: 1, y: 1, label: 2 }] }],
    ['prompt/invalid', 'object/addMask', { mask: { size: [10, 10], counts: 'T3' } }],
    ['prompt/invalid', 'object/addMask', { mask: { size: [180, 320], counts: 'nonsense' } }],
    ['prompt/invalid', 'object/refine', { points: [{ x: 1, y: 1, label: 1 }] }],
    ['video/no-such-frame', 'object/addPoints', { frame: 6, points: [{ x: 1, y: 1, label: 1 }] }],
    ['video/no-such-frame', 'object/addPoints', { frame: -1, points: [{ x: 1, y: 1, label: 1 }] }],
    ['input/invalid', 'object/addPoints', { object: '../../etc', points: [{ x: 1, y: 1, label: 1 }] }],
    ['object/unknown', 'object/update', { object: 'nobody', label: 'x' }],
    ['object/unknown', 'session/propagate', { objects: ['nobody'], direction: 'forward' }],
    ['prompt/invalid', 'session/propagate', { direction: 'forward' }],
    ['video/no-such-frame', 'frame/image', { frame: 6, format: 'rgb' }],
  ] as const)('%s: %s %j', async (code, method, params) => {
    const path = await ownClip();
    const { kernel } = startKernel();
    const session = await kernel.open({ path });
    const request = { object: 'fish', frame: 0, ...params } as never;
    expect((await rejection(session.request(method, request))).code).toBe(code);
    expect((await session.request('session/status', {})).objects).toEqual([]);
  });

  test('an unknown model, session and method', async () => {
    const { kernel } = startKernel();
    const path = await ownClip();
    const model = await rejection(kernel.open({ path, model: 'sam9' }));
    expect(model.code).toBe('model/unknown');
    expect(model.hint).toContain('sam2-tiny-embedded');
    expect((await rejection(kernel.request('session/status', { session: 'x' }))).code).toBe(
      'session/unknown',
    );
  });

  test('a missing model file and a corrupted one are named, with the way out', async () => {
    const path = await ownClip();
    const folder = await temporaryFolder();
    const environment = process.env.MASKLET_MODEL_DIR;
    process.env.MASKLET_MODEL_DIR = folder;
    try {
      const box = { object: 'fish', frame: 0, box: clip.box };
      const { kernel } = startKernel();
      const session = await kernel.open({ path });
      const missing = await rejection(session.request('object/addBox', box));
      expect(missing.code).toBe('model/missing');
      await writeFile(join(folder, 'sam2_hiera_tiny_encoder.with_runtime_opt.ort'), 'not a model');
      await writeFile(join(folder, 'sam2_hiera_tiny_decoder_pr1.onnx'), 'not a model');
      const corrupted = await rejection(session.request('object/addBox', box));
      expect(corrupted.code).toBe('model/corrupted');
      expect(corrupted.message).toContain('sam2_hiera_tiny');
      expect(corrupted.hint).toBeTruthy();
      expect((await session.request('session/status', {})).objects).toEqual([]);
    } finally {
      if (environment === undefined) delete process.env.MASKLET_MODEL_DIR;
      else process.env.MASKLET_MODEL_DIR = environment;
    }
  });

  test('a video replaced under its annotations is reported, never silently used', async () => {
    const path = await ownClip();
    const { kernel } = startKernel();
    const session = await kernel.open({ path });
    await session.request('object/addBox', { object: 'fish', frame: 0, box: clip.box });
    await session.request('session/save', {});
    await session.close();
    await appendFile(path, Buffer.alloc(64));
    const error = await rejection(kernel.open({ path }));
    expect(error.code).toBe('video/changed');
    expect(error.hint).toBeTruthy();
    const accepted = await kernel.open({ path, acceptChangedVideo: true });
    expect(accepted.opened.objects).toHaveLength(1);
    expect(accepted.opened.problems.map((problem) => problem.code)).toContain('video/changed');
  });

  test('annotations of a video that is gone are taken over when the client says so', async () => {
    const path = await ownClip();
    const { kernel } = startKernel();
    const session = await kernel.open({ path });
    await session.request('object/addBox', { object: 'fish', frame: 0, box: clip.box });
    await session.close();
    const moved = join(dirname(path), 'moved.mp4');
    await rename(path, moved);
    const error = await rejection(kernel.open({ path: moved }));
    expect(error).toMatchObject({ code: 'video/moved', file: moved });
    expect(error.message).toContain('not saved');
    expect(error.hint).toContain('--take-over');
    const taken = await kernel.open({ path: moved, takeOver: true });
    expect(taken.opened.objects).toHaveLength(1);
  });

  test.skipIf(process.platform !== 'linux')(
    'a kernel that gives way does so with all that it computes in',
    async () => {
      const { kernel } = startKernel({ givesWay: true });
      const session = await kernel.open({ path: await ownClip() });
      await session.request('object/addBox', { object: 'fish', frame: 0, box: clip.box });
      // On Linux a thread's number may stand for a process's.
      const threads = readdirSync(`/proc/${kernel.pid}/task`).map(Number);
      const giving = threads.filter((id) => getPriority(id) === constants.priority.PRIORITY_BELOW_NORMAL);
      // Node made a handful of its own before.
      expect(threads.length - giving.length).toBeLessThan(10);
      expect(giving.length).toBeGreaterThan(3);
    },
  );

  test('a client can be disposed of in the middle of everything', async () => {
    const path = await ownClip();
    const kernel = new KernelClient({ client: 'test' });
    const session = await kernel.open({ path });
    const open = session.request('object/addBox', { object: 'fish', frame: 0, box: clip.box });
    const { pid } = kernel;
    const [answer] = await Promise.allSettled([open, kernel.dispose()]);
    if (answer.status === 'rejected') expect(answer.reason).toBeInstanceOf(MaskletError);
    await until(() => !isAlive(pid as number), 'the kernel is still there');
  });
});
