import { resolve } from 'node:path';
import { affectedClips, checkLabels, relabelClips, type AffectedClip } from '../../client/relabelClips';
import type { RelabelParams } from '../../../shared/domain/labels';
import { EXIT } from '../../../shared/protocol/exitCodes';
import type { KernelSettings } from '../../../shared/protocol/settings';
import { openClip, saveAndClose } from '../clipSession';
import { printResult, usageError } from '../output';
import { progressBar } from '../progressBar';
import { withKernel } from '../withKernel';

interface Common {
  readonly json: boolean;
  readonly settings: Partial<KernelSettings>;
}

/** `masklet labels list PATH...` */
export async function listLabels(paths: readonly string[], { json, settings }: Common): Promise<void> {
  const used = await withKernel('masklet labels', settings, (kernel, signal) =>
    kernel.request('dataset/labels', { paths: paths.map((path) => resolve(path)) }, { signal }),
  );
  for (const problem of used.problems) process.stderr.write(`masklet: warning: ${problem}\n`);
  printResult(json, used, () =>
    used.labels
      .map(({ label, objects, clips, colors, isClass }) =>
        [
          `"${label}": ${objects} objects in ${clips.length} clips`,
          ...(colors.length > 1 ? [`${colors.length} colours`] : []),
          ...(used.files.length > 0 && !isClass ? ['not in labels.json'] : []),
        ].join(', '),
      )
      .join('\n'),
  );
}

export interface RelabelOptions extends Common {
  readonly from: readonly string[];
  readonly to: string;
  readonly color?: string;
  /** `old=new`; repeatable. */
  readonly attribute: readonly string[];
  readonly dryRun: boolean;
}

/** `masklet labels rename|merge PATH...`: every clip that uses the label, and `labels.json`; saves. */
export async function changeLabels(
  paths: readonly string[],
  options: RelabelOptions,
  merging: boolean,
): Promise<void> {
  if (options.from.length === 0) throw usageError('No label was given.', 'Say which with --from.');
  if (!merging && options.from.length > 1) {
    throw usageError('Several labels are merged, not renamed.', 'Use masklet labels merge.');
  }
  const change = changeOf(options);
  const result = await withKernel('masklet labels', options.settings, async (kernel, signal) => {
    const where = { paths: paths.map((path) => resolve(path)) };
    const used = await kernel.request('dataset/labels', where, { signal });
    checkLabels(used, change, merging);
    const clips = affectedClips(used, change);
    if (options.dryRun)
      return { ...change, dryRun: true, clips, failed: [], files: [], problems: used.problems };
    const bar = progressBar({ label: 'changing', unit: 'clips' });
    const done = await relabelClips(
      clips,
      async (path) => {
        const session = await openClip(kernel, { path, holder: 'masklet labels' }, signal);
        try {
          const { before } = await session.request('session/relabel', change);
          await saveAndClose(session);
          return { before };
        } catch (error) {
          await session.close();
          throw error;
        }
      },
      signal,
      (n) => bar.update(n, clips.length),
    ).finally(() => bar.done());
    // Last: a run that is interrupted finds its labels again.
    const complete = done.failed.length === 0 && !signal.aborted;
    const { files } = complete
      ? await kernel.request('dataset/changeLabelSet', { ...where, ...change }, { signal })
      : { files: [] };
    return {
      ...change,
      dryRun: false,
      clips: done.clips.map(({ path, before }) => ({ path, objects: before.length })),
      failed: done.failed,
      files,
      problems: used.problems,
    };
  });
  for (const problem of result.problems) process.stderr.write(`masklet: warning: ${problem}\n`);
  for (const { message } of result.failed) process.stderr.write(`masklet: ${message}\n`);
  printResult(options.json, result, () => describe(result));
  if (result.failed.length > 0) process.exitCode = EXIT.failed;
}

function changeOf({ from, to, color, attribute }: RelabelOptions): RelabelParams {
  const pairs = attribute.map((text) => {
    const [, before, after] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    if (before !== undefined && after !== undefined) return [before, after] as const;
    throw usageError(`--attribute ${text} is not OLD=NEW.`, 'Give the name as it is and as it is to be.');
  });
  return {
    from,
    to,
    ...(color === undefined ? {} : { color }),
    ...(pairs.length === 0 ? {} : { attributes: Object.fromEntries(pairs) }),
  };
}

function describe({
  from,
  to,
  dryRun,
  clips,
  files,
}: RelabelParams & {
  readonly dryRun: boolean;
  readonly clips: readonly AffectedClip[];
  readonly files: readonly string[];
}): string {
  const objects = clips.reduce((sum, clip) => sum + clip.objects, 0);
  const names = from.map((label) => `"${label}"`).join(', ');
  return [
    `${dryRun ? 'Would change' : 'Changed'} ${names} to "${to}": ${objects} objects in ${clips.length} clips`,
    ...clips.map((clip) => `  ${clip.path}: ${clip.objects} objects`),
    ...files.map((file) => `  ${file}`),
    ...(dryRun ? ['  nothing was written'] : []),
  ].join('\n');
}
