import fs from 'node:fs';
import { hostname } from 'node:os';
import { errnoOf } from '../../shared/protocol/errors';

/**
 * Where process numbers mean the same: containers may share a host's name and not its processes.
 * On Linux the host's name with the number of the PID namespace; elsewhere the name alone.
 */
export function processHost(): string {
  try {
    const [namespace] = /\d+/.exec(fs.readlinkSync('/proc/self/ns/pid')) ?? [];
    return namespace === undefined || namespace === FIRST_NAMESPACE
      ? hostname()
      : `${hostname()}/${namespace}`;
  } catch {
    return hostname();
  }
}

/** The namespace that a system starts with has this number on every machine (`PROC_PID_INIT_INO` of Linux). */
const FIRST_NAMESPACE = '4026531836';

/** What became of a process. */
export type ProcessState =
  | 'running'
  /** It exists, but does nothing until somebody lets it: only its heartbeat tells whether that is for good. */
  | 'stopped'
  /** There is no such process, its number went to another, or only its exit status is left. */
  | 'gone';

/** @param start what `processStart` said of it. */
export function stateOfProcess(pid: number, start: string | null): ProcessState {
  if (!processExists(pid)) return 'gone';
  const stat = processStat(pid);
  // The number may have gone to another process since.
  if (start !== null && start !== startOf(stat)) return 'gone';
  // See proc(5): zombies are dead though nobody has collected them; T and t are stopped.
  const state = stat?.fields[0] ?? '';
  if (/[ZXx]/.test(state)) return 'gone';
  return /[Tt]/.test(state) ? 'stopped' : 'running';
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
  return startOf(processStat(pid));
}

interface ProcessStat {
  readonly boot: string;
  /** Those after the command, which may itself hold spaces and brackets: the first is the state, the third of all. */
  readonly fields: readonly string[];
}

function processStat(pid: number): ProcessStat | undefined {
  try {
    const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    return { boot, fields: stat.slice(stat.lastIndexOf(')') + 2).split(' ') };
  } catch {
    return undefined;
  }
}

function startOf(stat: ProcessStat | undefined): string | null {
  // starttime is the 22nd of all.
  const ticks = stat?.fields.at(19);
  return stat === undefined || ticks === undefined ? null : `${stat.boot}/${ticks}`;
}
