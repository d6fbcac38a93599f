import { resolve } from 'node:path';
import type { ImportParams, ImportResult } from '../../../shared/protocol/dataset';
import type { KernelSettings } from '../../../shared/protocol/settings';
import { openClip, saveAndClose } from '../clipSession';
import { printResult } from '../output';
import { progressBar } from '../progressBar';
import { withKernel } from '../withKernel';

export interface ImportCommandOptions extends Pick<ImportParams, 'format' | 'from' | 'name' | 'label'> {
  readonly json: boolean;
  readonly settings: Partial<KernelSettings>;
}

/** `masklet import VIDEO --format F --from PATH` */
export async function importMasks(video: string, options: ImportCommandOptions): Promise<void> {
  const { format, name, label } = options;
  const result = await withKernel('masklet import', options.settings, async (kernel, signal) => {
    const session = await openClip(kernel, { path: resolve(video), holder: 'masklet import' }, signal);
    const bar = progressBar({ label: 'importing', unit: 'parts' });
    const { imported } = await session
      .request(
        'session/import',
        {
          format,
          from: resolve(options.from),
          ...(name === undefined ? {} : { name }),
          ...(label === undefined ? {} : { label }),
        },
        {
          signal,
          onProgress: ({ done, total }) => bar.update(done, total),
        },
      )
      .finally(() => bar.done());
    const sidecar = await saveAndClose(session);
    return { video: session.opened.video.path, sidecar, ...imported };
  });
  for (const skipped of result.skipped) process.stderr.write(`masklet: not taken: ${skipped}\n`);
  printResult(options.json, result, () => describe(result));
}

function describe(result: ImportResult & { video: string; sidecar: string }): string {
  return [
    `${result.masks} masks on ${result.frames} frames of ${result.video}`,
    ...result.objects.map(
      ({ id, label, masks, known }) =>
        `  object     ${id} "${label}": ${masks} masks${known ? ', was here already' : ''}`,
    ),
    ...result.notes.map((note) => `  note       ${note}`),
    `  sidecar    ${result.sidecar}`,
  ].join('\n');
}
