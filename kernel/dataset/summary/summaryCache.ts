import { join, sep } from 'node:path';
import { MAX_BYTES, readRegularSync } from '../../../models/files/regularFile';
import { makeDataFolder, rootOf } from '../../storage/dataFolder';
import { writeAtomically } from '../../storage/sidecar/files';
import { fullPath, storedPath } from '../../storage/videos';
import type { Counts } from './summariseClip';

/** In the folder of the database; never in git. */
export const SUMMARY_CACHE_FILE = 'summaries.json';
/** Raised when what is counted, or how, changes. */
const VERSION = 1;

interface Entry {
  /** Stands for what was counted: another one means that something changed since. */
  readonly stamp: string;
  readonly counts: Counts;
}

/** What was counted of the clips of a dataset, in memory and, where that is allowed, in a file for the next kernel. */
export class SummaryCache {
  private readonly entries = new Map<string, Entry>();
  private changed = false;

  constructor(private readonly databaseFolder: string) {
    // A cache that cannot be read is none.
    try {
      const file = join(databaseFolder, SUMMARY_CACHE_FILE);
      const text = readRegularSync(file, MAX_BYTES.list).toString('utf8');
      const { version, clips } = JSON.parse(text) as { version: number; clips: Record<string, Entry> };
      if (version !== VERSION) return;
      const root = rootOf(databaseFolder);
      for (const [path, entry] of Object.entries(clips)) this.entries.set(fullPath(root, path), entry);
    } catch {
      this.entries.clear();
    }
  }

  get(path: string, stamp: string): Counts | undefined {
    const entry = this.entries.get(path);
    return entry?.stamp === stamp ? entry.counts : undefined;
  }

  /** What was counted last, whatever changed since. */
  last(path: string): Counts | undefined {
    return this.entries.get(path)?.counts;
  }

  put(path: string, stamp: string, counts: Counts): void {
    this.entries.set(path, { stamp, counts });
    this.changed = true;
  }

  /** Forgets clips below a folder that are gone; several folders may share a database. */
  keepOnly(folder: string, paths: ReadonlySet<string>): void {
    for (const path of this.entries.keys()) {
      if (paths.has(path) || !path.startsWith(`${folder}${sep}`)) continue;
      this.entries.delete(path);
      this.changed = true;
    }
  }

  /** Writes the file where there is something new; a place that cannot be written to does without. */
  write(): void {
    if (!this.changed) return;
    const root = rootOf(this.databaseFolder);
    const clips = Object.fromEntries(
      [...this.entries].map(([path, entry]) => [storedPath(root, path), entry]),
    );
    try {
      makeDataFolder(this.databaseFolder);
      writeAtomically(
        join(this.databaseFolder, SUMMARY_CACHE_FILE),
        JSON.stringify({ version: VERSION, clips }),
      );
      this.changed = false;
    } catch {
      // It is counted again next time.
    }
  }
}
