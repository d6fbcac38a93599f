import { CancelledError } from '../../../shared/protocol/errors';
import { startNode } from '../../programs/start';
import { kernelScript } from '../../runtime/paths';
import type { FromTrial, TrialRequest, TrialResult } from './trialApi';

export interface TrialOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds that a provider may take for one load or run before it counts as hanging. */
  readonly patienceMs?: number;
  /** What the process runs; default: the script that belongs to this kernel. */
  readonly script?: string;
}

export type TrialOutcome =
  | { readonly result: TrialResult }
  /** `cpuMs`: the CPU's times, where it came to that. */
  | { readonly refused: string; readonly cpuMs?: TrialResult['cpuMs'] };

const defaultPatienceMs = 30_000;

/**
 * Tries a provider in a process of its own, at the lowest priority. One that hangs or takes its process down is refused
 * like one that does not load.
 * @throws MaskletError `cancelled`
 */
export function tryProvider(
  request: TrialRequest,
  { signal, patienceMs = defaultPatienceMs, script = kernelScript('providerTrial') }: TrialOptions = {},
): Promise<TrialOutcome> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(new CancelledError());
      return;
    }
    const child = startNode(script, [], {
      env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    let timer: NodeJS.Timeout | undefined;
    let doing = 'starting';
    let cpuMs: TrialResult['cpuMs'] | undefined;
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
      child.removeAllListeners();
      child.on('error', () => undefined);
      child.kill('SIGKILL');
    };
    const finish = (outcome: TrialOutcome): void => {
      end();
      resolve('refused' in outcome && cpuMs ? { ...outcome, cpuMs } : outcome);
    };
    const cancel = (): void => {
      end();
      reject(new CancelledError());
    };
    signal?.addEventListener('abort', cancel, { once: true });
    child.on('message', (message: FromTrial) => {
      if (message.kind === 'refused') finish({ refused: message.reason });
      else if (message.kind === 'result') finish({ result: message.result });
      else if (message.kind === 'cpu') cpuMs = message.ms;
      else {
        doing = message.what;
        clearTimeout(timer);
        const hangs = `it hangs: no answer for ${patienceMs / 1000} s while ${doing}`;
        timer = message.guarded ? setTimeout(() => finish({ refused: hangs }), patienceMs) : undefined;
      }
    });
    child.on('error', (error) => finish({ refused: `it cannot be tried: ${error.message}` }));
    child.on('exit', (code, killed) =>
      finish({ refused: `it took its process down while ${doing} (${killed ?? `exit code ${code}`})` }),
    );
    child.send(request, (error) => {
      if (error) finish({ refused: `it cannot be tried: ${error.message}` });
    });
  });
}
