import { exitCodeOf } from '../../shared/protocol/exitCodes';
import { MaskletError, toErrorData } from '../../shared/protocol/errors';
import type { Problem } from '../../shared/protocol/errors';

/** The result on stdout: one JSON document with `--json`, else text for people. */
export function printResult(json: boolean, data: unknown, text: () => string): void {
  process.stdout.write(json ? `${JSON.stringify(data, null, 2)}\n` : `${text()}\n`);
}

/** The error once: on stderr for people, on stdout as `{"error": ...}` with `--json`. */
export function printError(json: boolean, error: unknown): number {
  const data = toErrorData(error);
  if (json) process.stdout.write(`${JSON.stringify({ error: data }, null, 2)}\n`);
  else process.stderr.write(`masklet: ${data.message}\n${data.hint ? `  ${data.hint}\n` : ''}`);
  return exitCodeOf(data.code);
}

/** What was found on opening, on stderr. */
export function printProblems(problems: readonly Problem[]): void {
  for (const { message, file, line } of problems) {
    const at = file && !message.includes(file) ? `${file}${line === undefined ? '' : `:${line}`}: ` : '';
    process.stderr.write(`masklet: warning: ${at}${message}\n`);
  }
}

export function usageError(message: string, hint: string): MaskletError {
  return new MaskletError('input/invalid', message, { hint });
}
