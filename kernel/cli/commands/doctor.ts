import type { CheckState } from '../../../shared/protocol/health';
import type { KernelSettings } from '../../../shared/protocol/settings';
import { EXIT } from '../../../shared/protocol/exitCodes';
import { printResult } from '../output';
import { withKernel } from '../withKernel';

const SIGNS: Record<CheckState, string> = { ok: 'ok      ', warning: 'warning ', failed: 'FAILED  ' };

/** `masklet doctor`: whether everything that Masklet needs is there; sets the exit code where it is not. */
export async function doctor(options: { json: boolean; settings: Partial<KernelSettings> }): Promise<void> {
  const health = await withKernel('masklet doctor', options.settings, (kernel) =>
    kernel.request('kernel/health', { folder: process.cwd() }),
  );
  printResult(options.json, health, () =>
    [
      `Masklet ${health.version}`,
      ...health.checks.map(({ name, state, detail, hint }) => {
        const way = hint && state !== 'ok' ? `\n                        ${hint}` : '';
        return `  ${SIGNS[state]}${name.padEnd(14)}${detail}${way}`;
      }),
    ].join('\n'),
  );
  if (health.checks.some((check) => check.state === 'failed')) process.exitCode = EXIT.environment;
}
