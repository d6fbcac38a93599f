import { readFileSync } from 'node:fs';

/**
 * What a process holds of the machine's memory, in bytes, as Linux says it; undefined elsewhere. Not asked of the kernel:
 * looking itself over costs it some.
 */
export function residentBytes(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const [, kilobytes = '0'] = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
