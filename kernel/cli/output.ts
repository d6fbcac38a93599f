import { MaskletError, toErrorData } from '../errors';
import type { ErrorCode, Problem } from '../protocol';

/** Exit codes, as `masklet --help` lists them. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  input: 3,
  environment: 4,
  storage: 5,
  cancelled: 130,
} as const;

export function exitCodeOf(code: ErrorCode): number {
  if (code === 'cancelled') return EXIT.cancelled;
  const area = code.split('/')[0];
  if (['video', 'prompt', 'object', 'input', 'sidecar', 'export', 'import'].includes(area)) return EXIT.input;
  if (['ffmpeg', 'model'].includes(area)) return EXIT.environment;
  return area === 'storage' ? EXIT.storage : EXIT.failed;
}

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
