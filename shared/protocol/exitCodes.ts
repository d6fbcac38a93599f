/** How a command of Masklet ends. */
import type { ErrorCode } from './errors';

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
  if (['video', 'prompt', 'object', 'input', 'file', 'sidecar', 'export', 'import'].includes(area))
    return EXIT.input;
  if (['ffmpeg', 'model'].includes(area) || code === 'slurm/missing') return EXIT.environment;
  return area === 'storage' ? EXIT.storage : EXIT.failed;
}
