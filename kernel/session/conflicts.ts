import type { Conflict, ConflictPlace } from '../../shared/domain/conflicts';
import { compareKeys, lineFile, parseKey } from '../storage/sidecar/layout';

/** Where conflicts are, without what the versions say: by frame, objects first. */
export function conflictPlaces(conflicts: readonly Conflict[]): ConflictPlace[] {
  const found = conflicts.flatMap(({ id, file, key }) => {
    const kind = lineFile(file)?.kind;
    return kind ? [{ id, kind, key: parseKey(key) }] : [];
  });
  const rank = (kind: ConflictPlace['kind']): number => (kind === 'object' ? 0 : 1);
  found.sort(
    (a, b) =>
      rank(a.kind) - rank(b.kind) || a.key.frame - b.key.frame || compareKeys(a.key, b.key) || a.id - b.id,
  );
  return found.map(({ id, kind, key: { object, frame, last } }) => {
    if (kind === 'object') return { id, kind, object };
    return { id, kind, object, range: { first: frame, last: kind === 'mark' ? last : frame } };
  });
}
