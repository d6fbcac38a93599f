import { KernelClient } from '../client/kernelClient';
import type { KernelSettings } from '../../shared/protocol/settings';
import { printProblems } from './output';

/** Runs a task with a kernel of its own and ends it after; Ctrl-C aborts the signal, a second one ends at once. */
export function withKernel<T>(
  client: string,
  settings: Partial<KernelSettings>,
  task: (kernel: KernelClient, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return interruptible(async (signal) => {
    const kernel = new KernelClient({
      client,
      settings,
      onEvent: (event) => {
        if (event.event === 'session/problem') printProblems([event.value.problem]);
        if (event.event === 'log') process.stderr.write(`masklet: ${event.value.message}\n`);
      },
    });
    try {
      return await task(kernel, signal);
    } finally {
      await kernel.dispose();
    }
  });
}

/** Runs a task whose signal Ctrl-C aborts; a second Ctrl-C ends the process at once. */
export async function interruptible<T>(task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    return await task(controller.signal);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}
