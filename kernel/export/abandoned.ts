import { rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MAX_BYTES, listFolder, readRegular } from '../../models/files/regularFile';
import { processHost, processStart, stateOfProcess } from '../storage/liveProcess';

/** In the temporary folder of an export: who writes it. */
export const OWNER_FILE = '.owner.json';
export const PART_ENDING = '.part';

interface Owner {
  readonly host: string;
  readonly pid: number;
  readonly start: string | null;
}

/** How the names of temporary folders for this one begin. */
export function partPrefix(out: string): string {
  return `.${basename(out)}.`;
}

export function ownerHere(): Owner {
  return { host: processHost(), pid: process.pid, start: processStart(process.pid) };
}

/**
 * Removes the temporary folders of exports to `out` whose process, on this machine, is gone. Those of other machines, and
 * those of which nobody can tell, stay.
 */
export async function removeAbandoned(out: string): Promise<void> {
  for (const name of namesIn(dirname(out))) {
    if (!name.startsWith(partPrefix(out)) || !/\.[0-9a-f]{8}\.part$/.test(name)) continue;
    const folder = join(dirname(out), name);
    const owner = await readOwner(folder);
    if (owner?.host !== processHost() || stateOfProcess(owner.pid, owner.start) !== 'gone') continue;
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

function namesIn(folder: string): string[] {
  try {
    return listFolder(folder).map(({ name }) => name);
  } catch {
    return [];
  }
}

async function readOwner(folder: string): Promise<Owner | undefined> {
  try {
    const bytes = await readRegular(join(folder, OWNER_FILE), MAX_BYTES.small);
    const owner = JSON.parse(bytes.toString('utf8')) as Partial<Owner> | null;
    if (typeof owner?.host !== 'string' || typeof owner.pid !== 'number') return undefined;
    return { host: owner.host, pid: owner.pid, start: owner.start ?? null };
  } catch {
    return undefined;
  }
}
