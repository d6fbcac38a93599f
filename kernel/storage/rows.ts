import type { Database, Statement } from 'better-sqlite3';
import type {
  Box,
  FramePrompt,
  Gold,
  MarkRecord,
  MaskRecord,
  ObjectRecord,
  PointPrompt,
  Provenance,
} from '../../shared/domain/annotations';
import type { FrameRange } from '../../shared/domain/video';
import {
  MARKS_FILE,
  PROMPTS_FILE,
  lineFile,
  masksFile,
  objectFile,
  parseKey,
  placeOf,
  type RowPlace,
} from './sidecar/layout';
import { LineError, checkRow, type LineContext } from './sidecar/parseLine';
import { formatRow, type Extra, type Row } from './sidecar/records';
import { storageHint } from './databaseErrors';
import { MaskletError } from '../../shared/protocol/errors';

interface ObjectColumns {
  readonly id: string;
  readonly label: string;
  readonly color: string;
  readonly attributes: string;
  readonly position: number | null;
  readonly extra: string | null;
}

interface PromptColumns {
  readonly object: string;
  readonly frame: number;
  readonly points: string;
  readonly box: string | null;
  readonly mask_counts: string | null;
  readonly candidate: 1 | 2 | null;
  readonly part: string | null;
  readonly extra: string | null;
}

interface MaskColumns {
  readonly object: string;
  readonly frame: number;
  readonly pts: number;
  readonly counts: string;
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  readonly area: number;
  readonly iou: number | null;
  readonly object_score: number | null;
  readonly state: MaskRecord['state'];
  readonly verified: 0 | 1;
  readonly local: 0 | 1;
  readonly gold: string | null;
  readonly provenance: string | null;
  readonly extra: string | null;
}

interface MarkColumns {
  readonly object: string;
  readonly kind: MarkRecord['kind'];
  readonly first: number;
  readonly last: number;
  readonly attributes: string | null;
  readonly extra: string | null;
}

type Values = Record<string, string | number | null>;
type RowOf<K extends Row['kind']> = Extract<Row, { readonly kind: K }>;

/** Where the unknown fields of a row come from: the row itself, or what the database has for its key already. */
export type ExtraSource = 'given' | 'kept';

/**
 * One clip's annotations in the database. It may be a stranger's: what is read is checked as the same row in a sidecar is.
 * @throws MaskletError `storage/corrupted` from whatever reads
 */
export class ClipRows {
  private readonly upserts: Record<Row['kind'], Statement<[Values], string | null>>;
  private readonly deletes: Record<Row['kind'], Statement<[Values]>>;
  private readonly selects: Record<Row['kind'], Statement<[Values], unknown>>;

  private context: LineContext;

  /** @param shape the video's, which all that is read must fit. */
  constructor(
    private readonly db: Database,
    private readonly video: number,
    private shape: Omit<LineContext, 'hasObject'>,
  ) {
    // That rows have their object, SQLite sees to.
    this.context = { ...shape, hasObject: () => true };
    this.upserts = {
      object: this.upsert('objects', ['id'], ['label', 'color', 'attributes', 'position']),
      prompt: this.upsert(
        'prompts',
        ['object', 'frame'],
        ['points', 'box', 'mask_counts', 'candidate', 'part'],
      ),
      // What a newer version noted about a mask holds for these pixels only.
      mask: this.upsert('masks', ['object', 'frame'], MASK_COLUMNS, 'counts = excluded.counts'),
      mark: this.upsert('marks', ['object', 'kind', 'first', 'last'], ['attributes']),
    };
    this.deletes = forKinds((table, keys) => db.prepare(`DELETE FROM ${table} WHERE ${matching(keys)}`));
    this.selects = forKinds((table, keys) => db.prepare(`SELECT * FROM ${table} WHERE ${matching(keys)}`));
  }

  /** More is known of the video than when it was opened. */
  refit(shape: Omit<LineContext, 'hasObject'>): void {
    this.shape = shape;
    this.context = { ...shape, hasObject: () => true };
  }

  /** Whether there are rows on this frame or a later one. */
  anyFrom(frame: number): boolean {
    const places = { masks: 'frame', prompts: 'frame', marks: 'last' };
    return Object.entries(places).some(
      ([table, column]) =>
        this.db
          .prepare(`SELECT 1 FROM ${table} WHERE video = ? AND ${column} >= ? LIMIT 1`)
          .get(this.video, frame) !== undefined,
    );
  }

  /** Writes a row. @returns its text as the sidecar has it. */
  put(row: Row, extra: ExtraSource): string {
    const given = extra === 'given' && row.extra ? JSON.stringify(row.extra) : null;
    const stored = this.upserts[row.kind].get({
      ...this.keyValues(placeOf(row)),
      ...columnsOf(row),
      extra: given,
      keep: extra === 'kept' ? 1 : 0,
    });
    return formatRow({ ...row, extra: extraFrom(stored ?? null) });
  }

  /** Nothing happens where there is no such row. */
  remove(place: RowPlace): void {
    this.deletes[kindOf(place)].run(this.keyValues(place));
  }

  get(place: RowPlace): Row | undefined {
    const kind = kindOf(place);
    const columns = this.selects[kind].get(this.keyValues(place));
    return columns === undefined ? undefined : this.checked(kind, columns);
  }

  hasObject(id: string): boolean {
    return this.selects.object.get({ video: this.video, id }) !== undefined;
  }

  /** True where there is anything to lose. */
  any(): boolean {
    return this.db.prepare('SELECT 1 FROM objects WHERE video = ? LIMIT 1').get(this.video) !== undefined;
  }

  objectIds(): string[] {
    return this.db
      .prepare<[number], string>('SELECT id FROM objects WHERE video = ? ORDER BY id')
      .pluck()
      .all(this.video);
  }

  objects(): ObjectRecord[] {
    return this.list<ObjectColumns>(
      'SELECT * FROM objects WHERE video = ? ORDER BY position NULLS FIRST, id',
    ).map((columns) => this.checked('object', columns).record);
  }

  prompts(): FramePrompt[] {
    return this.list<PromptColumns>('SELECT * FROM prompts WHERE video = ? ORDER BY object, frame').map(
      (columns) => this.checked('prompt', columns).record,
    );
  }

  marks(): MarkRecord[] {
    return this.list<MarkColumns>(
      'SELECT * FROM marks WHERE video = ? ORDER BY object, first, last, kind',
    ).map((columns) => this.checked('mark', columns).record);
  }

  /** Sorted by frame, then by object. */
  masks(range?: FrameRange): MaskRecord[] {
    return this.db
      .prepare<[number, number, number], MaskColumns>(
        'SELECT * FROM masks WHERE video = ? AND frame BETWEEN ? AND ? ORDER BY frame, object',
      )
      .all(this.video, range?.first ?? Number.MIN_SAFE_INTEGER, range?.last ?? Number.MAX_SAFE_INTEGER)
      .map((columns) => this.checked('mask', columns).record);
  }

  /** The sidecar's files that hold these rows. */
  files(): string[] {
    const objects = (table: string): string[] =>
      this.db
        .prepare<[number], string>(`SELECT DISTINCT object FROM ${table} WHERE video = ?`)
        .pluck()
        .all(this.video);
    return [
      ...this.objectIds().map(objectFile),
      ...(objects('prompts').length > 0 ? [PROMPTS_FILE] : []),
      ...(objects('marks').length > 0 ? [MARKS_FILE] : []),
      ...objects('masks').map(masksFile),
    ];
  }

  /** Every row of one of the sidecar's files, with its text. @param unfit rows come as they are, whatever they hold. */
  *linesOfFile(file: string, unfit?: 'unfit'): Generator<{ place: RowPlace; line: string }> {
    const holder = lineFile(file);
    if (!holder) return;
    const { table } = TABLES[holder.kind];
    const column = holder.kind === 'object' ? 'id' : 'object';
    const only = 'object' in holder ? `AND ${column} = ?` : '';
    const parameters = 'object' in holder ? [this.video, holder.object] : [this.video];
    const found = this.db
      .prepare<unknown[], unknown>(`SELECT * FROM ${table} WHERE video = ? ${only}`)
      .all(...parameters);
    for (const columns of found) {
      const row = unfit ? this.toRow(holder.kind, columns) : this.checked(holder.kind, columns);
      yield { place: placeOf(row), line: formatRow(row) };
    }
  }

  private list<T>(sql: string): T[] {
    return this.db.prepare<[number], T>(sql).all(this.video);
  }

  private upsert(
    table: string,
    keys: readonly string[],
    values: readonly string[],
    extraHolds = 'true',
  ): Statement<[Values], string | null> {
    const columns = ['video', ...keys, ...values, 'extra'];
    const updates = values.map((name) => `${name} = excluded.${name}`).join(', ');
    return this.db
      .prepare<[Values], string | null>(
        `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((name) => `@${name}`).join(', ')})
         ON CONFLICT DO UPDATE SET ${updates},
           extra = CASE WHEN @keep = 0 THEN excluded.extra WHEN ${extraHolds} THEN extra END
         RETURNING extra`,
      )
      .pluck();
  }

  private keyValues(place: RowPlace): Values {
    const { object, frame, last, mark } = parseKey(place.key);
    switch (kindOf(place)) {
      case 'object':
        return { video: this.video, id: object };
      case 'prompt':
      case 'mask':
        return { video: this.video, object, frame };
      case 'mark':
        return { video: this.video, object, kind: mark, first: frame, last };
    }
  }

  /** @throws MaskletError `storage/corrupted`, whatever stands in the way of reading the columns as a row */
  private checked<K extends Row['kind']>(kind: K, columns: unknown): RowOf<K> {
    try {
      const row = this.toRow(kind, columns);
      const place = placeOf(row);
      const holder = lineFile(place.file);
      if (!holder) throw new LineError(`"${place.key.slice(0, 80)}" is not an object id`);
      return checkRow(row, holder, this.context) as RowOf<K>;
    } catch (error) {
      throw new MaskletError(
        'storage/corrupted',
        `${this.db.name} holds a ${kind} that cannot be one: ${error instanceof Error ? error.message : String(error)}.`,
        {
          file: this.db.name,
          hint: storageHint('storage/corrupted'),
          cause: error,
        },
      );
    }
  }

  private toRow(kind: Row['kind'], columns: unknown): Row {
    const extra = extraFrom((columns as { extra: string | null }).extra);
    switch (kind) {
      case 'object':
        return { kind, record: objectFrom(columns as ObjectColumns), extra };
      case 'prompt':
        return { kind, record: this.promptFrom(columns as PromptColumns), extra };
      case 'mask':
        return { kind, record: this.maskFrom(columns as MaskColumns), extra };
      case 'mark':
        return { kind, record: markFrom(columns as MarkColumns), extra };
    }
  }

  private promptFrom(columns: PromptColumns): FramePrompt {
    return {
      object: columns.object,
      frame: columns.frame,
      points: JSON.parse(columns.points) as PointPrompt[],
      ...(columns.box === null ? {} : { box: JSON.parse(columns.box) as Box }),
      ...(columns.mask_counts === null ? {} : { mask: this.rle(columns.mask_counts) }),
      ...(columns.candidate === null ? {} : { candidate: columns.candidate }),
      ...(columns.part === null ? {} : { part: JSON.parse(columns.part) as Box }),
    };
  }

  private maskFrom(columns: MaskColumns): MaskRecord {
    return {
      object: columns.object,
      frame: columns.frame,
      pts: columns.pts,
      mask: this.rle(columns.counts),
      bbox: [columns.x0, columns.y0, columns.x1, columns.y1],
      area: columns.area,
      iou: columns.iou,
      objectScore: columns.object_score,
      state: columns.state,
      verified: columns.verified === 1,
      ...(columns.local === 1 ? { local: true } : {}),
      ...(columns.gold === null ? {} : { gold: JSON.parse(columns.gold) as Gold }),
      provenance: columns.provenance === null ? null : (JSON.parse(columns.provenance) as Provenance),
    };
  }

  private rle(counts: string): MaskRecord['mask'] {
    return { size: [this.shape.height, this.shape.width], counts };
  }
}

const TABLES: Record<Row['kind'], { table: string; keys: readonly string[] }> = {
  object: { table: 'objects', keys: ['video', 'id'] },
  prompt: { table: 'prompts', keys: ['video', 'object', 'frame'] },
  mask: { table: 'masks', keys: ['video', 'object', 'frame'] },
  mark: { table: 'marks', keys: ['video', 'object', 'kind', 'first', 'last'] },
};

const MASK_COLUMNS = [
  'pts',
  'counts',
  'x0',
  'y0',
  'x1',
  'y1',
  'area',
  'iou',
  'object_score',
  'state',
  'verified',
  'local',
  'gold',
  'provenance',
];

function forKinds<T>(make: (table: string, keys: readonly string[]) => T): Record<Row['kind'], T> {
  const of = (kind: Row['kind']): T => make(TABLES[kind].table, TABLES[kind].keys);
  return { object: of('object'), prompt: of('prompt'), mask: of('mask'), mark: of('mark') };
}

function matching(keys: readonly string[]): string {
  return keys.map((key) => `${key} = @${key}`).join(' AND ');
}

function kindOf({ file }: RowPlace): Row['kind'] {
  const holder = lineFile(file);
  if (!holder) throw new Error(`${file} holds no rows`);
  return holder.kind;
}

function columnsOf(row: Row): Values {
  switch (row.kind) {
    case 'object':
      return {
        label: row.record.label,
        color: row.record.color,
        attributes: JSON.stringify(row.record.attributes),
        position: row.record.order ?? null,
      };
    case 'prompt':
      return {
        points: JSON.stringify(row.record.points),
        box: row.record.box ? JSON.stringify(row.record.box) : null,
        mask_counts: row.record.mask?.counts ?? null,
        candidate: row.record.candidate ?? null,
        part: row.record.part ? JSON.stringify(row.record.part) : null,
      };
    case 'mask': {
      const { pts, mask, bbox, area, iou, objectScore, state, verified, local, gold, provenance } =
        row.record;
      return {
        pts,
        counts: mask.counts,
        x0: bbox[0],
        y0: bbox[1],
        x1: bbox[2],
        y1: bbox[3],
        area,
        iou,
        object_score: objectScore,
        state,
        verified: verified ? 1 : 0,
        local: local ? 1 : 0,
        gold: gold ? JSON.stringify(gold) : null,
        provenance: provenance && JSON.stringify(provenance),
      };
    }
    case 'mark':
      return { attributes: row.record.attributes ? JSON.stringify(row.record.attributes) : null };
  }
}

function objectFrom({ id, label, color, attributes, position }: ObjectColumns): ObjectRecord {
  return {
    id,
    label,
    color,
    attributes: JSON.parse(attributes) as ObjectRecord['attributes'],
    ...(position === null ? {} : { order: position }),
  };
}

function markFrom({ object, kind, first, last, attributes }: MarkColumns): MarkRecord {
  return {
    object,
    kind,
    first,
    last,
    ...(attributes === null
      ? {}
      : { attributes: JSON.parse(attributes) as NonNullable<MarkRecord['attributes']> }),
  };
}

function extraFrom(text: string | null): Extra | undefined {
  return text === null ? undefined : (JSON.parse(text) as Extra);
}
