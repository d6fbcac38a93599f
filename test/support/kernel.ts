import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { KernelClient, type KernelClientOptions } from '../../kernel/client/kernelClient';
import type { FrameProgress } from '../../shared/protocol/session';
import type { KernelEvent } from '../../shared/protocol/kernel';
import type { KernelSettings } from '../../shared/protocol/settings';
import { renderSampleClip, type SampleClip } from '../../kernel/sample/sampleClip';
import { findFfmpeg } from '../../kernel/video/ffmpeg';

/** A folder of this test's own, gone when it has finished. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'masklet-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The beginning of a small rendered clip with ground truth, made anew: 320x180. */
export async function smallClip(folder: string, frames = 6, name = 'clip.mp4'): Promise<SampleClip> {
  const ffmpeg = await findFfmpeg();
  return await renderSampleClip({
    out: join(folder, name),
    ffmpeg: ffmpeg.path,
    width: 320,
    height: 180,
    first: frames,
    occlusion: 'none',
  });
}

/** A real kernel process, ended when the test has finished. */
export function startKernel(
  settings: Partial<KernelSettings> = {},
  options: Partial<KernelClientOptions> = {},
): { kernel: KernelClient; events: KernelEvent[] } {
  const events: KernelEvent[] = [];
  const kernel = new KernelClient({
    client: 'test',
    settings,
    onEvent: (event) => events.push(event),
    ...options,
  });
  onTestFinished(() => kernel.dispose());
  return { kernel, events };
}

/** Collects the progress of a propagation. */
export function collector(): { frames: FrameProgress[]; onProgress: (value: FrameProgress) => void } {
  const frames: FrameProgress[] = [];
  return { frames, onProgress: (value) => frames.push(value) };
}

/** True while a process with this id runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
