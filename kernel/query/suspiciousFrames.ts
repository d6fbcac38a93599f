import type { Database } from 'better-sqlite3';
import { rleIou } from '../masks/rle';
import type { MaskRecord, Suspicion } from '../../shared/domain/annotations';
import { loneBox } from '../review/boxAgreement';
import { suspiciousFrames } from '../review/suspicion';
import { ClipRows } from '../storage/rows';
import { checkSize } from '../storage/videos';

interface VideoShape {
  readonly width: number;
  readonly height: number;
  readonly frameCount: number;
  readonly revision: number;
}

/** What was found in one video, valid as long as its rows are the same. */
interface Found {
  readonly revision: number;
  readonly rows: readonly SpanRow[];
}

type SpanRow = [object: string, frame: number, reasons: string, firstFrame: number, lastFrame: number];

/** Suspicious frames by video, computed at the first question and kept until the video's rows change. */
export class SuspiciousFrames {
  private readonly found = new Map<string, Found>();

  /**
   * Gives a connection the table `suspicious_frames(video_id)`.
   * @param rows a connection on the same database without views that hide the tables: the one that asks is busy, and
   *   has such views.
   * @param database tells one database from another.
   */
  offer(db: Database, rows: Database, database: string): void {
    const of = (video: number): readonly SpanRow[] => this.of(rows, video, `${database}#${video}`);
    db.table('suspicious_frames', {
      columns: ['object', 'frame', 'reasons', 'first_frame', 'last_frame'],
      parameters: ['video_id'],
      *rows(video: unknown) {
        if (typeof video === 'number') yield* of(video);
      },
    });
  }

  private of(db: Database, video: number, key: string): readonly SpanRow[] {
    const shape = db
      .prepare<[number], VideoShape>(
        'SELECT width, height, frame_count AS frameCount, revision FROM videos WHERE id = ?',
      )
      .get(video);
    if (!shape) return [];
    const known = this.found.get(key);
    if (known?.revision === shape.revision) return known.rows;
    checkSize(db, shape);
    const clip = new ClipRows(db, video, shape);
    const masks = clip.masks();
    const boxes = new Map(
      clip.prompts().map((prompt) => [`${prompt.object}/${prompt.frame}`, loneBox(prompt)]),
    );
    const rows = clip.objectIds().flatMap((object) => {
      const own = masks.filter((mask) => mask.object === object).sort((a, b) => a.frame - b.frame);
      return withSpans(
        suspiciousFrames(own, overlap, undefined, ({ object: id, frame }) => boxes.get(`${id}/${frame}`)),
      );
    });
    this.found.set(key, { revision: shape.revision, rows });
    return rows;
  }
}

const overlap = (mask: MaskRecord, before: MaskRecord): number => rleIou(mask.mask, before.mask);

/** @param suspicions of one object, by frame, ascending. */
function withSpans(suspicions: readonly Suspicion[]): SpanRow[] {
  const rows: SpanRow[] = [];
  for (let from = 0; from < suspicions.length;) {
    let to = from;
    while (suspicions[to + 1]?.frame === suspicions[to].frame + 1) to++;
    for (const { object, frame, reasons } of suspicions.slice(from, to + 1)) {
      rows.push([object, frame, reasons.join(','), suspicions[from].frame, suspicions[to].frame]);
    }
    from = to + 1;
  }
  return rows;
}
