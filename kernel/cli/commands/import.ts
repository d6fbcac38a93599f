import { resolve } from 'node:path';
import { skippedCount, skippedText } from '../../import/skipReport';
import type { EarlierMasks } from '../../../shared/protocol/dataset';
import type { ImportParams, ImportResult } from '../../../shared/protocol/dataset';
import type { KernelSettings } from '../../../shared/protocol/settings';
import { openClip, saveAndClose, takingOver, type TakeOverOption } from '../clipSession';
import { importKind } from '../../import/api';
import { agreementLines } from '../agreementLines';
import { printResult, usageError } from '../output';
import { progressBar } from '../progressBar';
import { withKernel } from '../withKernel';

export interface ImportCommandOptions
  extends
    TakeOverOption,
    Pick<ImportParams, 'format' | 'from' | 'name' | 'label' | 'crowd' | 'as' | 'replace' | 'dryRun'> {
  readonly every?: string;
  readonly firstFrame?: '0' | '1';
  readonly json: boolean;
  readonly settings: Partial<KernelSettings>;
}

/** What is printed: the kernel's result without the picture, which a terminal cannot show. */
type Report = Omit<ImportResult, 'preview'> & { readonly video: string; readonly sidecar?: string };

/** `masklet import VIDEO --format F --from PATH` */
export async function importMasks(video: string, options: ImportCommandOptions): Promise<void> {
  const dryRun = options.dryRun ?? false;
  const params = paramsOf(options);
  const result = await withKernel(
    'masklet import',
    options.settings,
    async (kernel, signal): Promise<Report> => {
      const open = {
        path: resolve(video),
        holder: 'masklet import',
        ...takingOver(options),
        ...(dryRun ? { readOnly: true } : {}),
      };
      const session = await openClip(kernel, open, signal);
      const bar = progressBar({ label: 'importing', unit: 'parts' });
      const answer = await session
        .request('session/import', params, {
          signal,
          onProgress: ({ done, total }) => bar.update(done, total),
        })
        .finally(() => bar.done());
      const { preview, ...imported } = answer.imported;
      const report = { video: session.opened.video.path, ...imported };
      if (!dryRun) return { ...report, sidecar: await saveAndClose(session) };
      await session.close();
      return { ...report, ...(preview ? { firstFrame: preview.frame } : {}) };
    },
  );
  for (const skipped of result.skipped) process.stderr.write(`masklet: ${skippedText(skipped)}\n`);
  printResult(options.json, result, () => describe(result));
}

function paramsOf(options: ImportCommandOptions): Omit<ImportParams, 'session'> {
  const { format, from, name, label, firstFrame, crowd, as, every, replace, dryRun } = options;
  if (every !== undefined && !/^[1-9]\d{0,8}$/.test(every)) {
    throw usageError(`--every ${every} is not a number of frames.`, 'Give a whole number from 1.');
  }
  if (every !== undefined && importKind({ as, format }) === 'masks') {
    throw usageError('--every is for prompts.', 'Give --as prompts too.');
  }
  return {
    format,
    from: resolve(from),
    ...(name === undefined ? {} : { name }),
    ...(label === undefined ? {} : { label }),
    ...(firstFrame === undefined ? {} : { firstFrame: firstFrame === '0' ? 0 : 1 }),
    ...(crowd === undefined ? {} : { crowd }),
    ...(as === undefined ? {} : { as }),
    ...(every === undefined ? {} : { every: Number(every) }),
    ...(replace === true ? { replace } : {}),
    ...(dryRun === true ? { dryRun } : {}),
  };
}

function describe(result: Report): string {
  const { as, frames, video, objects, counting, notes, skipped, replaced, kept, dryRun, sidecar } = result;
  const earlier = ({ object, label, masks: count, frame }: EarlierMasks): string =>
    `${count} ${as} of ${object} "${label}", the first on frame ${frame}`;
  return [
    `${dryRun ? 'Would import' : 'Imported'} ${result[as]} ${as} on ${frames} frames of ${video}`,
    ...objects.map(
      (object) =>
        `  object     ${object.id} "${object.label}": ${object[as]} ${as}${object.known ? ', already in this clip' : ''}`,
    ),
    ...(counting === '' ? [] : [`  frames     ${counting}`]),
    ...notes.map((note) => `  note       ${note}`),
    `  skipped    ${skippedCount(skipped)}`,
    ...agreementLines(result.agreement),
    ...replaced.map((masks) => `  ${dryRun ? 'would replace' : 'replaced'} ${earlier(masks)}`),
    ...kept.map((masks) => `  kept       ${earlier(masks)}: --replace replaces them`),
    dryRun ? '  nothing was written' : `  sidecar    ${sidecar ?? ''}`,
  ].join('\n');
}
