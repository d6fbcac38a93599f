import { resolve } from 'node:path';
import type { GoldScore, ScoredClip } from '../../../shared/protocol/audit';
import type { KernelSettings } from '../../../shared/protocol/settings';
import { EXIT } from '../../../shared/protocol/exitCodes';
import { printResult, usageError } from '../output';
import { withKernel } from '../withKernel';

/** `masklet score PATH...`: how near propagation came to gold masks, and how that changed from commit to commit. */
export async function score(
  paths: readonly string[],
  options: { json: boolean; revisions: string; settings: Partial<KernelSettings> },
): Promise<void> {
  const revisions = Number(options.revisions);
  if (!Number.isSafeInteger(revisions) || revisions < 0)
    throw usageError(`"${options.revisions}" is not a number of revisions.`, 'Give a whole number from 0.');
  const result = await withKernel('masklet score', options.settings, (kernel, signal) =>
    kernel.request('dataset/score', { paths: paths.map((path) => resolve(path)), revisions }, { signal }),
  );
  for (const { problems } of result.clips) {
    for (const problem of problems) process.stderr.write(`masklet: warning: ${problem}\n`);
  }
  const { clips, searched } = result;
  printResult(options.json, result, () =>
    [
      ...clips.flatMap(describe),
      clips.length === 0
        ? `${searched} clips, none with gold masks; mark some in the editor with "Masklet: Mark Frame as Gold"`
        : `${clips.length} of ${searched} clips have gold masks${result.score ? `; mean ${text(result.score)}` : ''}`,
    ].join('\n'),
  );
  if (clips.some(({ problems }) => problems.length > 0)) process.exitCode = EXIT.failed;
}

function describe({ path, objects, score, trend }: ScoredClip): string[] {
  return [
    `${path}${score ? `  ${text(score)}` : ''}`,
    ...objects.map(({ object, label, gold, measured, outdated, score }) => {
      const left = gold - measured;
      const notes = [
        ...(left > 0 ? [`${left} not measured yet: propagate`] : []),
        ...(outdated > 0 ? [`${outdated} measured with other prompts: propagate again`] : []),
      ];
      return `  ${object} "${label}"  ${gold} gold${score ? `  ${text(score)}` : ''}${notes.map((note) => `  (${note})`).join('')}`;
    }),
    ...trend.map(
      ({ commit, date, subject, score }) =>
        `  ${commit.slice(0, 8)} ${date.slice(0, 10)}  ${score ? text(score) : 'not measured'}  ${subject}`,
    ),
  ];
}

const text = ({ j, f, jf }: GoldScore): string =>
  `J ${j.toFixed(4)}  F ${f.toFixed(4)}  J&F ${jf.toFixed(4)}`;
