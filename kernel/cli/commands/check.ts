import { resolve } from 'node:path';
import type { CheckedClip } from '../../../shared/protocol/dataset';
import type { KernelSettings } from '../../../shared/protocol/settings';
import { EXIT } from '../../../shared/protocol/exitCodes';
import { printProblems, printResult } from '../output';
import { withKernel } from '../withKernel';

/** `masklet check PATH...`: whether sidecars can be relied on; sets the exit code where one cannot. */
export async function check(
  paths: readonly string[],
  options: { json: boolean; settings: Partial<KernelSettings> },
): Promise<void> {
  const { clips } = await withKernel('masklet check', options.settings, (kernel, signal) =>
    kernel.request('dataset/check', { paths: paths.map((path) => resolve(path)) }, { signal }),
  );
  const failed = clips.filter((clip) => !isSound(clip));
  if (!options.json) {
    clips.forEach(({ problems }) => printProblems(problems));
    for (const { path, outside } of clips) {
      if (outside !== undefined)
        process.stderr.write(`masklet: warning: ${path} lies outside of its folder, at ${outside}\n`);
    }
  }
  printResult(options.json, { clips, failed: failed.length }, () =>
    [...clips.map(describe), `${clips.length} clips, ${failed.length} stale or broken`].join('\n'),
  );
  if (failed.length > 0) process.exitCode = EXIT.failed;
}

function isSound({ stale, problems, conflicts }: CheckedClip): boolean {
  return stale === 0 && problems.length === 0 && conflicts === 0;
}

function describe(clip: CheckedClip): string {
  const parts = [
    `${clip.objects} objects`,
    `${clip.masks} masks`,
    ...(clip.stale > 0 ? [`${clip.stale} STALE`] : []),
    ...(clip.missing > 0 ? [`${clip.missing} missing`] : []),
    ...(clip.problems.length > 0 ? [`${clip.problems.length} BROKEN`] : []),
    ...(clip.conflicts > 0 ? [`${clip.conflicts} CONFLICTS`] : []),
  ];
  return `${isSound(clip) ? 'ok      ' : 'FAILED  '}${clip.path}: ${parts.join(', ')}`;
}
