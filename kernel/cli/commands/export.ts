import { resolve } from 'node:path';
import type { ExportParams } from '../../../shared/protocol/dataset';
import type { KernelSettings } from '../../../shared/protocol/settings';
import { parseLabels, parseSelection } from '../arguments';
import { printResult } from '../output';
import { datasetBar } from '../datasetBar';
import { withKernel } from '../withKernel';

/** The options that say which parts of the annotations are meant. */
export interface SelectionOptions {
  readonly frames: string;
  /** A file; true for the dataset's own splits; `none` leaves them aside. */
  readonly split?: string | true;
  readonly labels?: string;
  readonly shapes?: 'masks' | 'polygons';
}

export interface ExportCommandOptions
  extends
    SelectionOptions,
    Pick<ExportParams, 'format' | 'out' | 'images' | 'codec' | 'card' | 'update' | 'stale'> {
  readonly json: boolean;
  readonly settings: Partial<KernelSettings>;
}

/** What the kernel is asked for. */
export function selectionParams(
  paths: readonly string[],
  { frames, split, labels, shapes }: SelectionOptions,
): Omit<ExportParams, 'format' | 'out'> {
  return {
    paths: paths.map((path) => resolve(path)),
    frames: parseSelection(frames),
    ...(split === undefined
      ? {}
      : { split: split === true ? split : split === 'none' ? false : resolve(split) }),
    ...(labels === undefined ? {} : { labels: parseLabels(labels) }),
    ...(shapes === undefined ? {} : { shapes }),
  };
}

/** `masklet export PATH... --format F --out DIR` */
export async function exportClips(paths: readonly string[], options: ExportCommandOptions): Promise<void> {
  const { format, images, codec, update, stale } = options;
  const params: ExportParams = {
    ...selectionParams(paths, options),
    format,
    out: resolve(options.out),
    ...(images ? { images } : {}),
    ...(codec ? { codec } : {}),
    ...(options.card ? { card: true } : {}),
    ...(update ? { update } : {}),
    ...(stale ? { stale } : {}),
  };
  const result = await withKernel('masklet export', options.settings, async (kernel, signal) => {
    const bar = datasetBar('exporting');
    return await kernel
      .request('dataset/export', params, {
        signal,
        onProgress: (value) => bar.update(value),
      })
      .finally(() => bar.done());
  });
  for (const warning of result.warnings) process.stderr.write(`masklet: warning: ${warning}\n`);
  printResult(options.json, result, () => {
    const masks = result.clips.reduce((sum, clip) => sum + clip.masks, 0);
    const frames = result.clips.reduce((sum, clip) => sum + clip.frames, 0);
    return `${result.clips.length} clips, ${frames} frames, ${masks} masks, ${result.files} files${result.reused > 0 ? `, ${result.reused} of them as they were,` : ''} in ${result.out}`;
  });
}
