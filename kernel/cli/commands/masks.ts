import { join, resolve } from 'node:path';
import { makeOutputFolder } from '../../storage/makeOutputFolder';
import { CancelledError, MaskletError } from '../../../shared/protocol/errors';
import type { KernelSettings } from '../../../shared/protocol/settings';
import { writeIndexedPng } from '../../render/indexedPng';
import { parseRange } from '../arguments';
import { printProblems, printResult } from '../output';
import { progressBar } from '../progressBar';
import { withKernel } from '../withKernel';

export interface MasksOptions {
  readonly json: boolean;
  readonly out: string;
  readonly frames?: string;
  readonly settings: Partial<KernelSettings>;
}

/** `masklet masks VIDEO --out DIR`: one indexed PNG a frame, 0 for the background and n for the n-th object. */
export async function masks(video: string, options: MasksOptions): Promise<void> {
  const folder = resolve(options.out);
  makeOutputFolder(folder);
  const result = await withKernel('masklet masks', options.settings, async (kernel, signal) => {
    const session = await kernel.open(
      { path: resolve(video), readOnly: true, holder: 'masklet masks', whole: true },
      { signal },
    );
    const { video: clip, objects, problems } = session.opened;
    printProblems(problems);
    if (objects.length === 0) {
      throw new MaskletError('object/unknown', `${clip.path} has no annotated objects.`, {
        file: clip.path,
        hint: 'Make some with `masklet segment`, or open it in the editor.',
      });
    }
    const range = parseRange(options.frames ?? ':', clip.frameCount);
    const bar = progressBar({ label: 'writing', unit: 'frames' });
    const files: string[] = [];
    let annotated = 0;
    try {
      for (let frame = range.first; frame <= range.last; frame++) {
        if (signal.aborted) throw new CancelledError(`Stopped after ${files.length} frames.`);
        const found = await session.request('frame/masks', { frame });
        if (found.length > 0) annotated++;
        const file = join(folder, `${String(frame).padStart(5, '0')}.png`);
        const layers = found.map((mask) => ({
          value: objects.findIndex((object) => object.id === mask.object) + 1,
          mask: mask.mask,
        }));
        await writeIndexedPng(file, { width: clip.width, height: clip.height, layers });
        files.push(file);
        bar.update(files.length, range.last - range.first + 1);
      }
    } finally {
      bar.done();
    }
    return {
      video: clip.path,
      out: folder,
      frames: files.length,
      annotatedFrames: annotated,
      values: Object.fromEntries(objects.map((object, n) => [n + 1, { id: object.id, label: object.label }])),
    };
  });
  printResult(options.json, result, () =>
    [
      `${result.frames} frames in ${result.out}, ${result.annotatedFrames} of them annotated`,
      ...Object.entries(result.values).map(([value, { id, label }]) => `  ${value}  ${id} "${label}"`),
    ].join('\n'),
  );
}
