import { resolve } from 'node:path';
import type { ImportFormat } from '../../../shared/formats';
import type { AuditEstimate, AuditGroup, AuditResult, Interval } from '../../../shared/protocol/audit';
import type { KernelSettings } from '../../../shared/protocol/settings';
import { datasetBar } from '../datasetBar';
import { printResult, usageError } from '../output';
import { withKernel } from '../withKernel';

export interface AuditCommandOptions {
  readonly json: boolean;
  readonly frames?: string;
  readonly width?: string;
  readonly seed?: string;
  readonly new: boolean;
  readonly reference?: string;
  readonly format?: ImportFormat;
  readonly settings: Partial<KernelSettings>;
}

/** `masklet audit PATH...`: draws an audit or resumes it, lets a reference answer, and reports. */
export async function audit(paths: readonly string[], options: AuditCommandOptions): Promise<void> {
  const { frames, width, seed, reference, format } = options;
  if ((reference === undefined) !== (format === undefined))
    throw usageError(
      '--reference and --format go together.',
      'Give the masks to compare with, and their format.',
    );
  if (frames !== undefined && width !== undefined)
    throw usageError(
      '--frames and --width exclude each other.',
      'Give the number of masks, or the width that is wanted.',
    );
  const number = (text: string): number => (text.trim() === '' ? NaN : Number(text));
  const result = await withKernel('masklet audit', options.settings, async (kernel, signal) => {
    const bar = datasetBar('reading');
    return await kernel
      .request(
        'dataset/audit',
        {
          paths: paths.map((path) => resolve(path)),
          ...(frames === undefined ? {} : { frames: number(frames) }),
          ...(width === undefined ? {} : { width: number(width) }),
          ...(seed === undefined ? {} : { seed: number(seed) }),
          ...(options.new ? { fresh: true } : {}),
          ...(reference !== undefined && format !== undefined
            ? { reference: { from: resolve(reference), format } }
            : {}),
        },
        { signal, onProgress: (value) => bar.update(value) },
      )
      .finally(() => bar.done());
  });
  for (const problem of result.problems) process.stderr.write(`masklet: warning: ${problem}\n`);
  printResult(options.json, result, () => auditText(result));
}

/** The report for people. */
export function auditText({ file, masks, clips, strata, items, report }: AuditResult): string {
  const { all, labels, answered, clipsLikeThese, width } = report;
  const lines = [
    `${file}`,
    `  drawn from  ${masks} masks of ${clips} clips, in ${strata} strata`,
    `  answered    ${answered} of ${items.length}: ${all.accepted} accepted, ${all.corrected} corrected, ${all.leftOut} left out`,
  ];
  if (!all.mean) {
    lines.push('  Answer in the editor with "Masklet: Audit Dataset...", or give --reference.');
    return lines.join('\n');
  }
  lines.push('For this dataset, with 95 % confidence intervals:', ...groupLines(all));
  if (labels.length > 1)
    for (const group of labels)
      lines.push(`  label "${group.label ?? ''}", about ${group.masks} masks`, ...groupLines(group));
  if (clipsLikeThese) {
    const few = report.clips < 10 ? `, too narrow, for there are only ${report.clips}` : '';
    lines.push(
      `For clips like these, by bootstrap over clips${few}:`,
      `  mean IoU    ${range(clipsLikeThese)}`,
    );
  }
  if (width) {
    const more = width.answers - answered;
    lines.push(
      more > 0
        ? `For an interval of width ${width.wanted}: about ${more} more answers, ${width.answers} in all.`
        : `The interval of the mean is at most ${width.wanted} wide.`,
    );
  }
  return lines.join('\n');
}

function groupLines({ mean, below90, below75, leftOutShare, bounds }: AuditGroup): string[] {
  if (!mean) return ['  nothing answered yet'];
  return [
    `  mean IoU    ${estimate(mean)}`,
    ...(below90 ? [`  below 0.9   ${percent(below90)} of the masks`] : []),
    ...(below75 ? [`  below 0.75  ${percent(below75)} of the masks`] : []),
    ...(leftOutShare && bounds
      ? [
          `  left out    ${percent(leftOutShare)} of the masks; whatever they are, the mean is from ${bounds.low.toFixed(3)} to ${bounds.high.toFixed(3)}`,
        ]
      : []),
  ];
}

const range = ({ low, high }: Interval): string => `${low.toFixed(3)} to ${high.toFixed(3)}`;
const estimate = (value: AuditEstimate): string => `${value.value.toFixed(4)} (${range(value)})`;
const percent = ({ value, low, high }: AuditEstimate): string =>
  `${(100 * value).toFixed(1)} % (${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)} %)`;
