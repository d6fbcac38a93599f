import { join } from 'node:path';
import type { Conflict } from '../../shared/domain/conflicts';
import type { Problem } from '../../shared/protocol/errors';
import type { ClipRows } from './rows';
import { isWholeFile } from './sidecar/sync';
import { formatRow } from './sidecar/records';
import type { SyncState } from './sidecar/syncState';

/** More broken lines than this in one file are counted, not listed. */
const LISTED = 20;

/** The broken lines of a clip's sidecar, each with its file and line number. */
export function brokenLineProblems(state: SyncState, folder: string): Problem[] {
  const problems: Problem[] = [];
  const count = new Map<string, number>();
  for (const broken of state.broken()) {
    const seen = (count.get(broken.file) ?? 0) + 1;
    count.set(broken.file, seen);
    if (seen > LISTED) continue;
    const file = join(folder, broken.file);
    const where = broken.line > 0 ? `${file}, line ${broken.line}` : file;
    const kept = isWholeFile(broken) ? 'it is left as it is' : 'the line is kept as it is';
    problems.push({
      code: 'sidecar/broken-line',
      message: `${where}: ${broken.reason}; ${kept}.`,
      file,
      ...(broken.line > 0 ? { line: broken.line } : {}),
    });
  }
  for (const [name, seen] of count) {
    if (seen <= LISTED) continue;
    const file = join(folder, name);
    problems.push({
      code: 'sidecar/broken-line',
      message: `${file}: ${seen - LISTED} more lines cannot be used; they are kept as they are.`,
      file,
    });
  }
  return problems;
}

/** Rows with two versions, as text of the sidecar. */
export function conflictsOf(rows: ClipRows, state: SyncState): Conflict[] {
  // A row may have any number of other versions: its own text is made once.
  const known = new Map<string, string>();
  return state.conflicts().map(({ id, file, key, theirs }) => {
    const place = `${file}:${key}`;
    let ours = known.get(place);
    if (ours === undefined) {
      const row = rows.get({ file, key });
      known.set(place, (ours = row ? formatRow(row) : ''));
    }
    return { id, file, key, ours, theirs };
  });
}
