import type { ImportFormat } from '../../../shared/formats';
import type { RoundTripClip } from '../../../shared/protocol/dataset';
import type { KernelSettings } from '../../../shared/protocol/settings';
import { datasetBar } from '../datasetBar';
import { EXIT } from '../../../shared/protocol/exitCodes';
import { printResult } from '../output';
import { withKernel } from '../withKernel';
import { selectionParams, type SelectionOptions } from './export';

export interface RoundTripCommandOptions extends SelectionOptions {
  readonly format: ImportFormat;
  readonly json: boolean;
  readonly settings: Partial<KernelSettings>;
}

/** `masklet roundtrip PATH... --format F`; sets the exit code where something came back otherwise than it went. */
export async function roundTrip(paths: readonly string[], options: RoundTripCommandOptions): Promise<void> {
  const params = { ...selectionParams(paths, options), format: options.format };
  const result = await withKernel('masklet roundtrip', options.settings, async (kernel, signal) => {
    const bar = datasetBar('trying');
    return await kernel
      .request('dataset/roundtrip', params, {
        signal,
        onProgress: (value) => bar.update(value),
      })
      .finally(() => bar.done());
  });
  for (const warning of result.warnings) process.stderr.write(`masklet: warning: ${warning}\n`);
  printResult(options.json, result, () => result.clips.map(describe).join('\n'));
  if (result.clips.some(({ differences }) => differences.length > 0)) process.exitCode = EXIT.failed;
}

function describe({ path, frames, masks, lowestIou, differences }: RoundTripClip): string {
  const verdict = differences.length === 0 ? 'equal   ' : 'DIFFERS ';
  const lines = differences.map((difference) => `          ${difference}`);
  return [
    `${verdict}${path}: ${frames} frames, ${masks} masks, lowest IoU ${lowestIou.toFixed(4)}`,
    ...lines,
  ].join('\n');
}
