import type { AnnotationRow, FramePrompt, ObjectId } from '../../../shared/domain/annotations';
import type { ConflictPlace } from '../../../shared/domain/conflicts';
import type { DocumentState } from '../../../shared/protocol/editor';
import type { FrameRange } from '../../../shared/domain/video';

/** What is decided at once: an object, a mark, or the mask and the prompts of an object on a frame. */
export interface ConflictEntry {
  readonly key: string;
  readonly object: ObjectId;
  /** Absent for the object itself. */
  readonly range?: FrameRange;
  /** One of each kind at most. */
  readonly parts: readonly ConflictPlace[];
}

/** Their side of an entry, by the kind of its parts; null where they removed it. */
export interface TheirVersion {
  readonly key: string;
  readonly rows: ReadonlyMap<ConflictPlace['kind'], AnnotationRow | null>;
}

/** In the order of the list. Where a merge left more than two versions, each of the others is an entry of its own. */
export function conflictEntries(conflicts: readonly ConflictPlace[]): ConflictEntry[] {
  const entries = new Map<string, ConflictEntry>();
  const seen = new Map<string, number>();
  for (const place of conflicts) {
    const { kind, object, range } = place;
    const mark = kind === 'mark' ? `-${place.id}` : '';
    const what = range ? `${object}/${range.first}${mark}` : object;
    const nth = seen.get(`${kind}:${what}`) ?? 0;
    seen.set(`${kind}:${what}`, nth + 1);
    const key = `${what}:${nth}`;
    const parts = [...(entries.get(key)?.parts ?? []), place];
    entries.set(key, { key, object, ...(range && { range }), parts });
  }
  return [...entries.values()];
}

/** The one to look at next from an entry, or from a frame where none is open; around the ends. */
export function nextConflict(
  entries: readonly ConflictEntry[],
  open: ConflictEntry | undefined,
  frame: number,
  by: 1 | -1,
): ConflictEntry | undefined {
  if (entries.length === 0) return undefined;
  if (open) return entries[(entries.indexOf(open) + by + entries.length) % entries.length];
  const isFrom = ({ range }: ConflictEntry): boolean => range !== undefined && range.first >= frame;
  if (by === 1) return entries.find(isFrom) ?? entries[0];
  return entries.findLast(({ range }) => range !== undefined && range.first <= frame) ?? entries.at(-1);
}

const KIND_WORDS = { object: 'object', mask: 'mask', prompt: 'prompts', mark: 'mark' } as const;

/** For example “frame 17, mask and prompts”. */
export function entryWords({ range, parts }: ConflictEntry): string {
  const kinds = [...new Set(parts.map(({ kind }) => KIND_WORDS[kind]))].sort().join(' and ');
  if (!range) return kinds;
  return range.first === range.last
    ? `frame ${range.first}, ${kinds}`
    : `frames ${range.first}–${range.last}, ${kinds}`;
}

/** What one side says, in words. */
export function versionWords(rows: readonly (AnnotationRow | null)[]): string {
  if (rows.every((row) => row === null)) return 'removed';
  return rows.map((row) => (row ? rowWords(row) : 'removed')).join('; ');
}

/** Our side, as the document has it by now. */
export function ourRows(
  document: DocumentState,
  { object, parts }: ConflictEntry,
  mask: AnnotationRow | undefined,
): (AnnotationRow | null)[] {
  return parts.map(({ kind, range }): AnnotationRow | null => {
    switch (kind) {
      case 'mask':
        return mask ?? null;
      case 'object': {
        const record = document.objects.find(({ id }) => id === object);
        return record ? { kind, record } : null;
      }
      case 'prompt': {
        const record = document.prompts.find(
          (prompt) => prompt.object === object && prompt.frame === range?.first,
        );
        return record ? { kind, record } : null;
      }
      case 'mark': {
        const record = document.marks.find(
          (mark) => mark.object === object && mark.first === range?.first && mark.last === range.last,
        );
        return record ? { kind, record } : null;
      }
    }
  });
}

function rowWords(row: AnnotationRow): string {
  switch (row.kind) {
    case 'object':
      return [`“${row.record.label}”`, row.record.color, ...attributeWords(row.record.attributes)].join(', ');
    case 'mask':
      return [
        row.record.state,
        ...(row.record.verified ? ['verified'] : []),
        `${row.record.area.toLocaleString('en')} px`,
      ].join(', ');
    case 'prompt':
      return promptWords(row.record);
    case 'mark':
      return [row.record.kind.replaceAll('-', ' '), ...attributeWords(row.record.attributes ?? {})].join(
        ', ',
      );
  }
}

function promptWords({ points, box, mask }: FramePrompt): string {
  const clicks = points.length === 1 ? ['1 click'] : points.length > 1 ? [`${points.length} clicks`] : [];
  const words = [
    ...clicks,
    ...(box ? ['a box'] : []),
    ...(mask && clicks.length === 0 && !box ? ['a mask'] : []),
  ];
  return words.join(' and ');
}

function attributeWords(attributes: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(attributes).map(([name, value]) => `${name}: ${String(value)}`);
}
