import { basename, resolve } from 'node:path';
import type { ChangeCounts, CompareResult, ObjectChanges } from '../../../shared/protocol/revisions';
import type { KernelSettings } from '../../../shared/protocol/settings';
import { printProblems, printResult } from '../output';
import { withKernel } from '../withKernel';

/** `masklet diff VIDEO [REV]`: what the saved annotations changed since a commit. */
export async function diff(
  video: string,
  revision: string,
  options: { readonly json: boolean; readonly settings: Partial<KernelSettings> },
): Promise<void> {
  const result = await withKernel('masklet diff', options.settings, (kernel, signal) =>
    kernel.request('sidecar/compare', { path: resolve(video), revision }, { signal }),
  );
  if (!options.json) printProblems(result.problems);
  printResult(options.json, result, () => describe(result));
}

function describe({ sidecar, revision, objects, counts }: CompareResult): string {
  const title = `${basename(sidecar)}: ${revision.commit.slice(0, 8)} "${revision.subject}" -> working copy`;
  const changed = objects.filter((object) => !isSame(object));
  if (changed.length === 0) return `${title}\n  no changes`;
  return [
    title,
    ...changed.map(describeObject),
    `  in all: masks ${words(counts.masks)}; prompts ${words(counts.prompts)}; marks ${words(counts.marks)}`,
  ].join('\n');
}

function isSame({ kind, counts: { masks, prompts, marks } }: ObjectChanges): boolean {
  return kind === 'same' && [masks, prompts, marks].every((counts) => words(counts) === UNCHANGED);
}

function describeObject(changes: ObjectChanges): string {
  const { object, label, labelBefore, kind, masks, counts } = changes;
  const name = labelBefore === undefined ? label : `${labelBefore} -> ${label}`;
  const state = kind === 'same' || kind === 'status' ? '' : ` (${kind})`;
  const lowest = masks
    .filter((mask) => mask.kind === 'changed')
    .reduce<{ frame: number; iou: number } | undefined>(
      (worst, mask) => (worst && worst.iou <= mask.iou ? worst : mask),
      undefined,
    );
  const worst = lowest ? `, lowest IoU ${lowest.iou.toFixed(3)} on frame ${lowest.frame}` : '';
  return [
    `  ${name} [${object}]${state}`,
    `    masks    ${words(counts.masks)}${worst}`,
    ...(words(counts.prompts) === UNCHANGED ? [] : [`    prompts  ${words(counts.prompts)}`]),
    ...(words(counts.marks) === UNCHANGED ? [] : [`    marks    ${words(counts.marks)}`]),
  ].join('\n');
}

const UNCHANGED = 'unchanged';

function words({ added, removed, changed, status }: ChangeCounts): string {
  const parts = [
    ...(changed > 0 ? [`${changed} changed`] : []),
    ...(added > 0 ? [`${added} added`] : []),
    ...(removed > 0 ? [`${removed} removed`] : []),
    ...(status > 0 ? [`${status} with the same pixels and another state`] : []),
  ];
  return parts.length > 0 ? parts.join(', ') : UNCHANGED;
}
