import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { MaskletError } from '../../../shared/protocol/errors';
import type { KernelSettings } from '../../../shared/protocol/settings';
import { makeFolder } from '../../../models/files/makeFolder';
import { renderSampleClip } from '../../sample/sampleClip';
import { findFfmpeg } from '../../video/ffmpeg';
import { printResult } from '../output';
import { progressBar } from '../progressBar';

export interface SampleOptions {
  readonly json: boolean;
  readonly settings: Partial<KernelSettings>;
}

/** Small enough to be rendered in seconds. */
const SIZE = { width: 960, height: 540, frames: 36 } as const;

/** `masklet sample OUT.mp4` */
export async function sample(file: string, { json, settings }: SampleOptions): Promise<void> {
  const out = resolve(file);
  if (existsSync(out)) {
    throw new MaskletError('input/invalid', `${out} exists already.`, {
      file: out,
      hint: 'Name a file that does not exist yet.',
    });
  }
  const { path: ffmpeg } = await findFfmpeg(settings.ffmpegPath, settings.ffmpegDir);
  makeFolder(dirname(out));
  const bar = progressBar({ label: 'rendering the sample clip', unit: 'frames' });
  const { box } = await renderSampleClip({
    ...SIZE,
    out,
    ffmpeg,
    onProgress: (done, total) => bar.update(done, total),
  }).finally(() => bar.done());
  printResult(
    json,
    { path: out, box },
    () => `${out}\n  a fish; a box around it on frame 0: ${box.join(',')}`,
  );
}
