import { spawn } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { kernelScript } from '../../../../kernel/runtime/paths';
import { openVideo } from '../../../../kernel/video/source';
import { ffmpegIn, source, temporaryFolder, testFfmpeg } from '../../../support/clips';

const ffmpeg = await testFfmpeg();
const WAIT = { timeout: 30_000, interval: 20 };

/** A stopped process that nobody has collected yet counts as ended. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // No such folder on this system.
    return process.platform !== 'linux';
  }
}

/** Ended, and no longer in the process table either. */
function isCollected(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

/** Decoders must not outlive their purpose, nor us. The shell wrapper below needs a Unix system. */
describe.skipIf(process.platform === 'win32')('decoder processes', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let path: string;
  /** An ffmpeg that decodes no faster than the clip plays and notes its process ids. */
  let slow: string;
  const pids = (): number[] => {
    try {
      return readFileSync(join(folder.path, 'pids'), 'utf8').trim().split('\n').map(Number);
    } catch {
      return [];
    }
  };

  beforeAll(async () => {
    folder = await temporaryFolder();
    await ffmpegIn(folder.path, ffmpeg, [
      ...source(400),
      '-c:v',
      'mpeg4',
      '-g',
      '50',
      '-r',
      '25',
      'clip.mp4',
    ]);
    path = join(folder.path, 'clip.mp4');
    slow = join(folder.path, 'slow-ffmpeg');
    const script = [
      '#!/bin/sh',
      `[ "$1" = -nostdin ] || exec '${ffmpeg.path}' "$@"`,
      `echo $$ >> '${folder.path}/pids'`,
      `exec '${ffmpeg.path}' -re "$@"`,
    ];
    writeFileSync(slow, script.join('\n') + '\n');
    chmodSync(slow, 0o755);
  });
  afterAll(() => folder.remove());

  it('ends the indexing pass when opening is given up', async () => {
    const abort = new AbortController();
    const before = pids().length;
    const opening = openVideo(path, { ffmpeg: slow, cacheBytes: 2 ** 20, signal: abort.signal });
    const outcome = opening.catch((error: unknown) => error);
    await vi.waitFor(() => expect(pids().length).toBe(before + 1), WAIT);
    abort.abort();
    expect(await outcome).toMatchObject({ code: 'cancelled' });
    expect(isCollected(pids()[before])).toBe(true);
  });

  it('ends held decoders when the video is closed', async () => {
    const video = await openVideo(path, { ffmpeg: ffmpeg.path, cacheBytes: 2 ** 20 });
    const index = video.serializeIndex();
    await video.close();
    const before = pids().length;
    const held = await openVideo(path, {
      ffmpeg: slow,
      cacheBytes: 2 ** 20,
      knownIndex: () => Promise.resolve(index),
    });
    await held.frame(3);
    const [pid] = pids().slice(before);
    expect(isRunning(pid)).toBe(true);
    await held.close();
    expect(isCollected(pid)).toBe(true);
  });

  /** A process that starts the video worker, asks it for these things, and is then killed like the kernel may be. */
  const killed = async (frame: number | undefined, program: string): Promise<number[]> => {
    const before = pids().length;
    const data = {
      path,
      ffmpeg: { path: program, version: ffmpeg.version },
      cacheBytes: 2 ** 20,
      spillBytes: 0,
    };
    const script = `
      const { Worker } = require('node:worker_threads');
      const data = { ...${JSON.stringify(data)}, counters: new SharedArrayBuffer(32) };
      const worker = new Worker(${JSON.stringify(kernelScript('videoWorker'))}, { workerData: data });
      const ask = (id, method, params) => worker.postMessage({ kind: 'request', id, method, params });
      worker.on('message', (message) => {
        if (message.kind === 'error') throw new Error(JSON.stringify(message.error));
        if (message.kind !== 'result') return;
        if (message.id === 1) ask(2, 'load', { maxFrames: 0 });
        if (message.id === 2) ask(3, 'frame', { index: ${frame ?? 0} });
        if (message.id === 3) console.log('ready');
      });
      ask(1, 'identify', null);`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    if (frame === undefined) await vi.waitFor(() => expect(pids().length).toBe(before + 1), WAIT);
    else await vi.waitFor(() => expect(output).toContain('ready'), WAIT);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    return pids().slice(before);
  };

  it('ends the indexing pass when our process is killed', async () => {
    const [pid] = await killed(undefined, slow);
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), WAIT);
  });

  it('ends held decoders when our process is killed', async () => {
    const noted = join(folder.path, 'noting-ffmpeg');
    writeFileSync(noted, `#!/bin/sh\necho $$ >> '${folder.path}/pids'\nexec '${ffmpeg.path}' "$@"\n`);
    chmodSync(noted, 0o755);
    const started = await killed(7, noted);
    expect(started).toHaveLength(2);
    for (const pid of started) await vi.waitFor(() => expect(isRunning(pid)).toBe(false), WAIT);
  });

  it('tells an ffmpeg that crashes from a broken video', async () => {
    const crashing = join(folder.path, 'crashing-ffmpeg');
    writeFileSync(crashing, `#!/bin/sh\n[ "$1" = -nostdin ] || exec '${ffmpeg.path}' "$@"\nkill -SEGV $$\n`);
    chmodSync(crashing, 0o755);
    await expect(openVideo(path, { ffmpeg: crashing, cacheBytes: 2 ** 20 })).rejects.toMatchObject({
      code: 'ffmpeg/failed',
      message: expect.stringContaining('SIGSEGV') as string,
    });
  });
});
