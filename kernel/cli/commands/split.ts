import { resolve } from 'node:path';
import type { KernelSettings } from '../../../shared/protocol/settings';
import { printResult } from '../output';
import { withKernel } from '../withKernel';

/** `masklet split PATH... --to NAME`; `none` takes clips out of every split. */
export async function split(
  paths: readonly string[],
  options: { json: boolean; to: string; settings: Partial<KernelSettings> },
): Promise<void> {
  const name = options.to === 'none' ? null : options.to;
  const result = await withKernel('masklet split', options.settings, (kernel, signal) =>
    kernel.request(
      'dataset/assignSplit',
      { paths: paths.map((path) => resolve(path)), split: name },
      { signal },
    ),
  );
  printResult(options.json, result, () => {
    const where = name === null ? 'taken out of their split' : `put into ${name}`;
    return `${result.changed.length} clips ${where}, in ${result.files.join(', ')}`;
  });
}
