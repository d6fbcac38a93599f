import { FFMPEG_CHECK, type CheckState, type HealthResult } from '../../../shared/protocol/health';
import type { KernelSettings } from '../../../shared/protocol/settings';
import { EXIT } from '../../../shared/protocol/exitCodes';
import { printResult } from '../output';
import type { KernelClient } from '../../client/kernelClient';
import { progressBar } from '../progressBar';
import { withKernel } from '../withKernel';

const SIGNS: Record<CheckState, string> = { ok: 'ok      ', warning: 'warning ', failed: 'FAILED  ' };

export interface DoctorOptions {
  readonly json: boolean;
  /** Fetches ffmpeg where there is no usable one. */
  readonly fix: boolean;
  readonly settings: Partial<KernelSettings>;
}

/** `masklet doctor`: whether everything that Masklet needs is there; sets the exit code where it is not. */
export async function doctor(options: DoctorOptions): Promise<void> {
  const health = await withKernel('masklet doctor', options.settings, async (kernel, signal) => {
    const folder = process.cwd();
    const found = await kernel.request('kernel/health', { folder });
    // A program that the user named is mended by naming another one.
    if (!options.fix || options.settings.ffmpegPath !== undefined || !lacksFfmpeg(found)) return found;
    await fetchFfmpeg(kernel, signal);
    return await kernel.request('kernel/health', { folder });
  });
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

function lacksFfmpeg({ checks }: HealthResult): boolean {
  return checks.some(({ name, state }) => name === FFMPEG_CHECK && state === 'failed');
}

async function fetchFfmpeg(kernel: KernelClient, signal: AbortSignal): Promise<void> {
  const bar = progressBar({ label: 'downloading ffmpeg', unit: 'MB' });
  try {
    await kernel.request(
      'ffmpeg/install',
      {},
      {
        signal,
        onProgress: (value) => {
          const { bytes, total } = value;
          bar.update(Math.floor(bytes / 1e6), Math.ceil(total / 1e6));
        },
      },
    );
  } finally {
    bar.done();
  }
}
