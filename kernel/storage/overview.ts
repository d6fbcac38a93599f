import type { Database } from 'better-sqlite3';
import type { ObjectRecord } from '../../shared/domain/annotations';
import { ClipRows } from './rows';
import { checkSize, fullPath, storedPath } from './videos';

/** What a database knows of a clip without counting. */
export interface KnownClip {
  /** Full path of the video. */
  readonly path: string;
  /** Grows with every change of the clip's rows. */
  readonly revision: number;
  readonly fingerprint: string;
  readonly byteSize: number;
  readonly width: number;
  readonly height: number;
  readonly frameCount: number;
  /** True where the rows are ahead of the sidecar. */
  readonly dirty: boolean;
}

/** What a database has of a clip, counted without reading a mask. */
export interface ClipOverview extends KnownClip {
  readonly masks: number;
  /** Frames with a mask. */
  readonly annotated: number;
  /** Frames all of whose masks are verified. */
  readonly verified: number;
  /** Labels with the number of objects that have them; by label. */
  readonly labels: readonly { readonly label: string; readonly objects: number }[];
}

type KnownColumns = Omit<KnownClip, 'dirty'> & { readonly id: number; readonly dirty: 0 | 1 };
type VideoColumns = Omit<ClipOverview, 'dirty' | 'labels'> & { readonly id: number; readonly dirty: 0 | 1 };

const KNOWN = `
  path, revision, fingerprint, byte_size AS byteSize, width, height, frame_count AS frameCount,
  EXISTS (SELECT 1 FROM sidecar_pending p WHERE p.video = videos.id) AS dirty`;
const HAS_OBJECTS = 'EXISTS (SELECT 1 FROM objects WHERE objects.video = videos.id)';

/** As `clipOverviews`, without the counts, which take their time where there are many masks. */
export function knownClips(db: Database, root: string): KnownClip[] {
  return db
    .prepare<[], Omit<KnownClip, 'dirty'> & { readonly dirty: 0 | 1 }>(
      `SELECT ${KNOWN} FROM videos WHERE ${HAS_OBJECTS} ORDER BY path`,
    )
    .all()
    .map((clip) => {
      checkSize(db, clip);
      return { ...clip, path: fullPath(root, clip.path), dirty: clip.dirty === 1 };
    });
}

/** All clips of a database that have objects; by path. @param root what stored paths are relative to. */
export function clipOverviews(db: Database, root: string): ClipOverview[] {
  const labels = new Map<number, { label: string; objects: number }[]>();
  const byLabel = db
    .prepare<[], [number, string, number]>(
      'SELECT video, label, count(*) FROM objects GROUP BY video, label ORDER BY label',
    )
    .raw()
    .all();
  for (const [video, label, objects] of byLabel) {
    const list = labels.get(video);
    if (list) list.push({ label, objects });
    else labels.set(video, [{ label, objects }]);
  }
  return db
    .prepare<[], VideoColumns>(
      `SELECT videos.id, ${KNOWN},
         coalesce(masks, 0) AS masks, coalesce(annotated, 0) AS annotated, coalesce(verified, 0) AS verified
       FROM videos LEFT JOIN (
         SELECT video, sum(masks) AS masks, count(*) AS annotated, sum(verified) AS verified
         FROM (SELECT video, count(*) AS masks, min(verified) AS verified FROM masks GROUP BY video, frame)
         GROUP BY video
       ) ON video = videos.id
       WHERE ${HAS_OBJECTS}
       ORDER BY path`,
    )
    .all()
    .map(({ id, path, dirty, ...counts }) => {
      checkSize(db, counts);
      return { path: fullPath(root, path), ...counts, dirty: dirty === 1, labels: labels.get(id) ?? [] };
    });
}

/** The objects of a clip whose rows are ahead of its sidecar; undefined for any other. @param video full path */
export function unsavedObjects(
  db: Database,
  root: string,
  video: string,
): readonly ObjectRecord[] | undefined {
  const clip = db
    .prepare<[string], KnownColumns>(`SELECT id, ${KNOWN} FROM videos WHERE path = ?`)
    .get(storedPath(root, video));
  if (!clip || clip.dirty === 0) return undefined;
  checkSize(db, clip);
  return new ClipRows(db, clip.id, clip).objects();
}
