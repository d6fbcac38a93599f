import type { Database } from 'better-sqlite3';
import { MaskletError } from '../../shared/protocol/errors';
import { connect } from './connect';
import { storageHint } from './databaseErrors';

/** `PRAGMA application_id` of our databases: "MSKL". */
export const APPLICATION_ID = 0x4d534b4c;

/** One step of the schema; its place in the list, counted from 1, is the `user_version` it leads to. */
export type Migration = string;

/** Only ever appended to: a released step never changes. */
export const MIGRATIONS: readonly Migration[] = [
  `
  CREATE TABLE videos (
    id INTEGER PRIMARY KEY,
    -- Relative to the folder that holds .masklet, with forward slashes, or absolute.
    path TEXT NOT NULL UNIQUE,
    fingerprint TEXT NOT NULL,
    byte_size INTEGER NOT NULL,
    sha256 TEXT,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    frame_count INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX videos_by_fingerprint ON videos (fingerprint);

  CREATE TABLE objects (
    video INTEGER NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    label TEXT NOT NULL,
    color TEXT NOT NULL,
    attributes TEXT NOT NULL,
    -- Fields that a newer version wrote and this one does not know, as JSON; in every table of annotations.
    extra TEXT,
    PRIMARY KEY (video, id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE prompts (
    video INTEGER NOT NULL,
    object TEXT NOT NULL,
    frame INTEGER NOT NULL,
    points TEXT NOT NULL,
    box TEXT,
    mask_counts TEXT,
    extra TEXT,
    PRIMARY KEY (video, object, frame),
    FOREIGN KEY (video, object) REFERENCES objects (video, id) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE masks (
    video INTEGER NOT NULL,
    object TEXT NOT NULL,
    frame INTEGER NOT NULL,
    pts INTEGER NOT NULL,
    counts TEXT NOT NULL,
    x0 INTEGER NOT NULL,
    y0 INTEGER NOT NULL,
    x1 INTEGER NOT NULL,
    y1 INTEGER NOT NULL,
    area INTEGER NOT NULL,
    iou REAL,
    object_score REAL,
    state TEXT NOT NULL CHECK (state IN ('prompted', 'propagated', 'edited', 'absent')),
    verified INTEGER NOT NULL CHECK (verified IN (0, 1)),
    provenance TEXT,
    extra TEXT,
    PRIMARY KEY (video, object, frame),
    FOREIGN KEY (video, object) REFERENCES objects (video, id) ON DELETE CASCADE
  ) STRICT;
  CREATE INDEX masks_by_frame ON masks (video, frame);

  CREATE TABLE marks (
    video INTEGER NOT NULL,
    object TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('absent', 'occluded', 'truncated', 'attributes')),
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    attributes TEXT,
    extra TEXT,
    PRIMARY KEY (video, object, kind, first, last),
    FOREIGN KEY (video, object) REFERENCES objects (video, id) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;

  -- Further versions of one row, beside the row itself; an empty line stands for a deletion.
  CREATE TABLE conflicts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    video INTEGER NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    file TEXT NOT NULL,
    key TEXT NOT NULL,
    theirs TEXT NOT NULL,
    UNIQUE (video, file, key, theirs)
  ) STRICT;

  -- The sidecar's files as this database last read or wrote them.
  CREATE TABLE sidecar_files (
    video INTEGER NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    -- 1 where the text is exactly what saving would write.
    tidy INTEGER NOT NULL CHECK (tidy IN (0, 1)),
    PRIMARY KEY (video, file)
  ) STRICT, WITHOUT ROWID;

  -- The base of the three-way comparison: a hash of the line, or lines, that the sidecar has for a key.
  CREATE TABLE sidecar_lines (
    video INTEGER NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    file TEXT NOT NULL,
    key TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (video, file, key)
  ) STRICT, WITHOUT ROWID;

  -- Keys whose rows differ from the base: what makes a clip dirty.
  CREATE TABLE sidecar_pending (
    video INTEGER NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    file TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (video, file, key)
  ) STRICT, WITHOUT ROWID;

  -- Lines that could not be read: kept verbatim, and written back at every save until somebody mends them.
  CREATE TABLE sidecar_broken (
    id INTEGER PRIMARY KEY,
    video INTEGER NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    file TEXT NOT NULL,
    -- 0 where the line is not in the file yet.
    line INTEGER NOT NULL,
    text TEXT NOT NULL,
    reason TEXT NOT NULL
  ) STRICT;
  CREATE INDEX sidecar_broken_by_file ON sidecar_broken (video, file);

  -- One writer a clip.
  CREATE TABLE writers (
    video INTEGER PRIMARY KEY REFERENCES videos (id) ON DELETE CASCADE,
    token TEXT NOT NULL,
    pid INTEGER NOT NULL,
    process_start TEXT,
    host TEXT NOT NULL,
    holder TEXT NOT NULL,
    since TEXT NOT NULL,
    heartbeat INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE frame_indexes (
    fingerprint TEXT PRIMARY KEY,
    data BLOB NOT NULL
  ) STRICT;
  `,
  `
  -- The text of rows before and after an edit; NULL stands for no row.
  CREATE TABLE history (
    video INTEGER NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    edit TEXT NOT NULL,
    file TEXT NOT NULL,
    key TEXT NOT NULL,
    old TEXT,
    new TEXT,
    PRIMARY KEY (video, edit, file, key)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Grows with every change of the video's rows: tells a backup of VS Code which state it stands for.
  ALTER TABLE videos ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- Which of the model's candidates a prompt takes; NULL for the best.
  ALTER TABLE prompts ADD COLUMN candidate INTEGER CHECK (candidate IN (1, 2));

  -- The same with one kind more; SQLite does not change a CHECK in place.
  CREATE TABLE marks_with_view (
    video INTEGER NOT NULL,
    object TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('absent', 'occluded', 'truncated', 'out-of-view', 'attributes')),
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    attributes TEXT,
    extra TEXT,
    PRIMARY KEY (video, object, kind, first, last),
    FOREIGN KEY (video, object) REFERENCES objects (video, id) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  INSERT INTO marks_with_view SELECT * FROM marks;
  DROP TABLE marks;
  ALTER TABLE marks_with_view RENAME TO marks;
  `,
  `
  -- Carries what is counted and measured: sums over a data set read this, not the masks, which are ten times as much and more.
  DROP INDEX masks_by_frame;
  CREATE INDEX masks_by_frame ON masks (video, frame, object, verified, area, state, iou, object_score);
  `,
  `
  -- The place of an object in the list.
  ALTER TABLE objects ADD COLUMN position INTEGER;
  `,
  `
  -- The part of its frame that a prompt is answered from, as JSON; NULL for the whole frame.
  ALTER TABLE prompts ADD COLUMN part TEXT;
  `,
  `
  -- 1 for a mask that is kept and that nothing depends on.
  ALTER TABLE masks ADD COLUMN local INTEGER NOT NULL DEFAULT 0 CHECK (local IN (0, 1));
  `,
  `
  -- Of a reference mask: what propagation found on its frame, as JSON, empty where it has not been there; NULL for other masks.
  ALTER TABLE masks ADD COLUMN gold TEXT;
  `,
  `
  -- Work by hand, counted on this machine; it stays here, also of objects that are gone.
  CREATE TABLE effort (
    video INTEGER NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    object TEXT NOT NULL,
    clicks INTEGER NOT NULL,
    strokes INTEGER NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (video, object)
  ) STRICT, WITHOUT ROWID;
  `,
];

/**
 * Brings the schema up to date, step by step, each step whole or not at all.
 * @throws MaskletError `storage/newer-version`, `storage/corrupted` where the file is some other program's.
 */
export function migrate(db: Database, file: string, migrations: readonly Migration[] = MIGRATIONS): void {
  while (checkVersion(db, file, migrations) < migrations.length) {
    db.transaction(() => {
      // Another process may have done this step while we waited for the lock.
      const version = checkVersion(db, file, migrations);
      const migration = migrations[version];
      if (migration === undefined) return;
      db.exec(migration);
      db.pragma(`application_id = ${APPLICATION_ID}`);
      db.pragma(`user_version = ${version + 1}`);
    }).immediate();
  }
}

/**
 * @returns the schema's version; reads only.
 * @throws as `migrate`; `storage/corrupted` also where the schema is not exactly that of its version.
 */
export function checkVersion(
  db: Database,
  file: string,
  migrations: readonly Migration[] = MIGRATIONS,
): number {
  // Version and schema as of one moment: another process may be migrating.
  return db.transaction(() => versionOf(db, file, migrations)).deferred();
}

function versionOf(db: Database, file: string, migrations: readonly Migration[]): number {
  const version = db.pragma('user_version', { simple: true }) as number;
  const application = db.pragma('application_id', { simple: true }) as number;
  const tables = db.prepare<[], number>('SELECT count(*) FROM sqlite_schema').pluck().get() ?? 0;
  if (application !== APPLICATION_ID && (tables > 0 || version > 0)) {
    throw new MaskletError('storage/corrupted', `${file} is a database of some other program.`, {
      file,
      hint: 'The file was left as it is. Move it away, or choose another folder with masklet.dataDir or --data-dir.',
    });
  }
  if (version > migrations.length) {
    throw new MaskletError(
      'storage/newer-version',
      `${file} was written by a newer Masklet (schema ${version}; this one knows ${migrations.length}).`,
      { file, hint: 'Update Masklet. The file was left as it is.' },
    );
  }
  checkSchema(db, file, migrations.slice(0, version));
  return version;
}

/** What steps lead to, by all of their text. */
const schemas = new Map<string, ReadonlySet<string>>();

/** What SQLite itself adds to any database that it is asked to analyse. */
const STATISTICS = [
  'CREATE TABLE sqlite_stat1(tbl,idx,stat)',
  'CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)',
];

/**
 * A view, a trigger or a column of a stranger's could do anything in our name: what is not exactly as our own steps make it is refused.
 * @param steps those that the database's version says were carried out.
 * @throws MaskletError `storage/corrupted`
 */
function checkSchema(db: Database, file: string, steps: readonly Migration[]): void {
  const expected = schemaOf(steps);
  const found = schemaEntries(db).filter((entry) => !STATISTICS.some((sql) => entry.endsWith(`\n${sql}`)));
  const foreign = found.find((entry) => !expected.has(entry));
  if (foreign === undefined && found.length === expected.size) return;
  const [type = '', name = ''] = foreign?.split('\n') ?? [];
  throw new MaskletError(
    'storage/corrupted',
    foreign === undefined
      ? `${file} is not a database of Masklet: parts of its schema ${steps.length} are missing.`
      : `${file} is not a database of Masklet: its schema ${steps.length} has no ${type} "${name.slice(0, 40)}" like this one.`,
    { file, hint: storageHint('storage/corrupted') },
  );
}

function schemaOf(steps: readonly Migration[]): ReadonlySet<string> {
  const key = steps.join('\0');
  let entries = schemas.get(key);
  if (!entries) {
    const db = connect(':memory:');
    try {
      for (const step of steps) db.exec(step);
      schemas.set(key, (entries = new Set(schemaEntries(db))));
    } finally {
      db.close();
    }
  }
  return entries;
}

/** Type, name, table and text of each entry. */
function schemaEntries(db: Database): string[] {
  return db
    .prepare<[], [string, string, string, string | null]>(
      'SELECT type, name, tbl_name, sql FROM sqlite_schema',
    )
    .raw()
    .all()
    .map((entry) => entry.map((text) => text ?? '').join('\n'));
}
