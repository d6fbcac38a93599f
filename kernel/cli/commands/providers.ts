import type { ProvidersResult, ProviderTrial } from '../../../shared/protocol/health';
import type { KernelSettings } from '../../../shared/protocol/settings';
import { printResult } from '../output';
import { withKernel } from '../withKernel';

interface ProvidersOptions {
  readonly json: boolean;
  readonly model?: string;
  readonly settings: Partial<KernelSettings>;
}

/** `masklet doctor --providers`: times the execution providers with a model's graphs, and says which is used from now on. */
export async function providers({ json, model, settings }: ProvidersOptions): Promise<void> {
  const result = await withKernel('masklet doctor', settings, (kernel) =>
    kernel.request('providers/try', model === undefined ? {} : { model }),
  );
  printResult(json, result, () => providersTable(result));
}

/** A line for each provider and precision: its graphs' times, and what it is used for or why not. */
export function providersTable({ model, machine, driver, onnxruntime, tried }: ProvidersResult): string {
  const graphs = Object.keys(tried[0]?.ms ?? {});
  const cells = [
    ['provider', 'precision', ...graphs.map((graph) => `${graph} (ms)`), ''],
    ...tried.map((trial) => [
      trial.provider,
      trial.precision,
      ...graphs.map((graph) => trial.ms?.[graph]?.toFixed(1) ?? '-'),
      verdict(trial),
    ]),
  ];
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const lines = cells.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i])).join('  ')}`.trimEnd());
  return [`${model}, ${machine}, onnxruntime ${onnxruntime}`, `driver: ${driver}`, ...lines].join('\n');
}

function verdict({ runs, refused, error }: ProviderTrial): string {
  if (refused !== undefined) return `not used: ${refused.replace(/\s+/g, ' ')}`;
  const difference = error === undefined ? '' : `; differs by ${error.toExponential(1)}`;
  return runs && runs.length > 0 ? `runs ${runs.join(', ')}${difference}` : 'used';
}
