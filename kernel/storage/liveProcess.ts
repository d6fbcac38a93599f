import fs from 'node:fs';
import { errnoOf } from '../../shared/protocol/errors';

/** True while the process of this number is the one that had it then. @param start what `processStart` said of it. */
export function isSameProcessAlive(pid: number, start: string | null): boolean {
  if (!processExists(pid)) return false;
  // The number may have gone to another process since.
  return start === null || start === processStart(pid);
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

/** When a process started, in ticks since boot, together with the boot; null where the system does not tell cheaply. */
export function processStart(pid: number): string | null {
  try {
    const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Fields are counted after the command, which may itself hold spaces and brackets; starttime is the 22nd of all.
    const ticks = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .at(19);
    return ticks === undefined ? null : `${boot}/${ticks}`;
  } catch {
    return null;
  }
}
