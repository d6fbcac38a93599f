import { resolve } from 'node:path';
import type { CheckedClip } from '../../../shared/protocol/dataset';
import type { KernelSettings } from '../../../shared/protocol/settings';
import { REVIEW_WORDS } from '../../../shared/domain/review';
import { EXIT } from '../../../shared/protocol/exitCodes';
import { printProblems, printResult, usageError } from '../output';
import { withKernel } from '../withKernel';

/** `masklet check PATH...`: whether sidecars can be relied on; sets the exit code where one cannot. */
export async function check(
  paths: readonly string[],
  options: { json: boolean; minJf?: string; settings: Partial<KernelSettings> },
): Promise<void> {
  const least = options.minJf === undefined ? undefined : leastScore(options.minJf);
  const { clips } = await withKernel('masklet check', options.settings, (kernel, signal) =>
    kernel.request('dataset/check', { paths: paths.map((path) => resolve(path)) }, { signal }),
  );
  const failed = clips.filter((clip) => !isSound(clip) || (least !== undefined && fallsShort(clip, least)));
  // Where nothing is measured, nothing is shown to be good.
  const unmeasured = least !== undefined && clips.every(({ jf }) => jf === undefined);
  if (!options.json) {
    clips.forEach(({ problems }) => printProblems(problems));
    for (const { path, outside } of clips) {
      if (outside !== undefined)
        process.stderr.write(`masklet: warning: ${path} lies outside of its folder, at ${outside}\n`);
    }
  }
  printResult(options.json, { clips, failed: failed.length }, () =>
    [
      ...clips.map((clip) => describe(clip, failed.includes(clip))),
      `${clips.length} clips, ${failed.length} stale${least === undefined ? '' : `, below J&F ${least}`} or broken`,
      ...(unmeasured ? ['no gold mask was measured: mark some as gold and propagate'] : []),
    ].join('\n'),
  );
  if (failed.length > 0 || unmeasured) process.exitCode = EXIT.failed;
}

function isSound({ stale, problems, conflicts }: CheckedClip): boolean {
  return stale === 0 && problems.length === 0 && conflicts === 0;
}

function leastScore(text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (value >= 0 && value <= 1) return value;
  throw usageError(`"${text}" is not a J&F.`, 'Give a number from 0 to 1, such as 0.9.');
}

/** A clip without gold masks is not judged. */
function fallsShort({ gold, unmeasured, jf }: CheckedClip, least: number): boolean {
  return gold > 0 && (unmeasured > 0 || jf === undefined || jf < least);
}

function describe(clip: CheckedClip, failed: boolean): string {
  const parts = [
    `${clip.objects} objects`,
    `${clip.masks} masks`,
    ...(clip.stale > 0 ? [`${clip.stale} STALE`] : []),
    ...(clip.missing > 0 ? [`${clip.missing} missing`] : []),
    ...(clip.gold > 0 ? [`${clip.gold} gold`] : []),
    ...(clip.jf === undefined ? [] : [`J&F ${clip.jf.toFixed(4)}`]),
    ...(clip.unmeasured > 0 ? [`${clip.unmeasured} gold NOT MEASURED`] : []),
    ...(clip.problems.length > 0 ? [`${clip.problems.length} BROKEN`] : []),
    ...(clip.conflicts > 0 ? [`${clip.conflicts} CONFLICTS`] : []),
    ...(clip.openNotes > 0 ? [`${clip.openNotes} open notes`] : []),
    ...(clip.review === undefined ? [] : [REVIEW_WORDS[clip.review]]),
  ];
  return `${failed ? 'FAILED  ' : 'ok      '}${clip.path}: ${parts.join(', ')}`;
}
