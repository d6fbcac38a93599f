import fs from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Database } from 'better-sqlite3';
import { MaskletError } from '../../shared/protocol/errors';
import { storageHint } from './databaseErrors';
import type { VideoInfo } from '../../shared/domain/video';

export interface VideoRow {
  readonly id: number;
  readonly path: string;
  readonly fingerprint: string;
  readonly byte_size: number;
  readonly sha256: string | null;
  readonly width: number;
  readonly height: number;
  readonly frame_count: number;
}

/** The row of the video at a path; undefined for one that is new to this database. @param root what stored paths are relative to. */
export function findVideo(
  db: Database,
  root: string,
  { path }: Pick<VideoInfo, 'path'>,
): VideoRow | undefined {
  const row = db
    .prepare<[string], VideoRow>('SELECT * FROM videos WHERE path = ?')
    .get(storedPath(root, path));
  return row && checkedSize(db, row);
}

/**
 * The newest row with the content of a video whose own file is no longer where it was, and that has annotations: perhaps
 * the same video before it was moved, perhaps a deleted twin of it.
 */
export function findGoneVideo(db: Database, root: string, video: VideoInfo): VideoRow | undefined {
  const row = db
    .prepare<[string], VideoRow>(
      `SELECT * FROM videos WHERE fingerprint = ? AND (
         EXISTS (SELECT 1 FROM objects WHERE video = videos.id) OR
         EXISTS (SELECT 1 FROM sidecar_pending WHERE video = videos.id)
       ) ORDER BY id DESC`,
    )
    .all(video.fingerprint)
    .find((candidate) => isGone(fullPath(root, candidate.path), candidate));
  return row && checkedSize(db, row);
}

/** Of a picture, at each side; no codec goes further. */
const MAX_SIDE = 65_536;

/** Of a video. */
export const MAX_FRAMES = 0x7fff_ffff;

/** What the rows of a video must fit; as long as not all of its frames are known, they may be on any. */
export function shapeOf({ width, height, frameCount, indexing }: VideoInfo): {
  width: number;
  height: number;
  frameCount: number;
} {
  return { width, height, frameCount: indexing ? MAX_FRAMES : frameCount };
}

/** @throws MaskletError `storage/corrupted` where no video is like that */
export function checkSize(
  db: Database,
  { width, height, frameCount }: Pick<VideoInfo, 'width' | 'height' | 'frameCount'>,
): void {
  const side = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= MAX_SIDE;
  if (side(width) && side(height) && frameCount >= 1 && frameCount <= MAX_FRAMES) return;
  throw new MaskletError(
    'storage/corrupted',
    `${db.name} holds a video of ${frameCount} frames of ${width} x ${height}, which cannot be.`,
    { file: db.name, hint: storageHint('storage/corrupted') },
  );
}

function checkedSize(db: Database, row: VideoRow): VideoRow {
  checkSize(db, { ...row, frameCount: row.frame_count });
  return row;
}

/** True where the video is no longer at this path, or clearly another one is there now. */
function isGone(path: string, row: VideoRow): boolean {
  try {
    const found = fs.statSync(path, { throwIfNoEntry: false });
    return !found || (found.isFile() && found.size !== row.byte_size);
  } catch {
    // It may well be there, out of our sight.
    return false;
  }
}

/** Writes what is known of a video now. @returns its id. */
export function putVideo(
  db: Database,
  root: string,
  video: VideoInfo,
  id: number | undefined,
  sha256: string | undefined,
): number {
  const values = {
    id: id ?? null,
    path: storedPath(root, video.path),
    fingerprint: video.fingerprint,
    byteSize: video.byteSize,
    sha256: sha256 ?? null,
    width: video.width,
    height: video.height,
    frameCount: video.frameCount,
  };
  return db
    .prepare<[typeof values], number>(
      `INSERT INTO videos (id, path, fingerprint, byte_size, sha256, width, height, frame_count)
       VALUES (@id, @path, @fingerprint, @byteSize, @sha256, @width, @height, @frameCount)
       ON CONFLICT (id) DO UPDATE SET path = @path, fingerprint = @fingerprint, byte_size = @byteSize,
         sha256 = @sha256, width = @width, height = @height, frame_count = @frameCount
       RETURNING id`,
    )
    .pluck()
    .get(values)!;
}

/** Full paths of all videos that have objects; ascending. @param root what stored paths are relative to. */
export function annotatedVideos(db: Database, root: string): string[] {
  return db
    .prepare<[], string>(
      'SELECT path FROM videos WHERE EXISTS (SELECT 1 FROM objects WHERE objects.video = videos.id) ORDER BY path',
    )
    .pluck()
    .all()
    .map((path) => fullPath(root, path));
}

/** All frames of the video are known now. */
export function putFrameCount(db: Database, id: number, frameCount: number): void {
  db.prepare('UPDATE videos SET frame_count = ? WHERE id = ?').run(frameCount, id);
}

export function storedSha256(db: Database, id: number): string | undefined {
  return (
    db.prepare<[number], string | null>('SELECT sha256 FROM videos WHERE id = ?').pluck().get(id) ?? undefined
  );
}

export function putSha256(db: Database, id: number, sha256: string): void {
  db.prepare('UPDATE videos SET sha256 = ? WHERE id = ?').run(sha256, id);
}

/** How often the rows of a video were changed. */
export function revisionOf(db: Database, id: number): number {
  return db.prepare<[number], number>('SELECT revision FROM videos WHERE id = ?').pluck().get(id) ?? 0;
}

export function countRevision(db: Database, id: number): void {
  db.prepare('UPDATE videos SET revision = revision + 1 WHERE id = ?').run(id);
}

/**
 * Where a video lies: below the folder, or elsewhere where the whole path is stored.
 * @throws MaskletError `storage/corrupted` where a relative path leads out of the folder, which we never store
 */
export function fullPath(root: string, stored: string): string {
  const full = resolve(root, stored);
  if (isAbsolute(stored) || full.startsWith(root.endsWith(sep) ? root : `${root}${sep}`)) return full;
  throw new MaskletError(
    'storage/corrupted',
    `The database of ${root} names a video that lies outside: "${stored.slice(0, 200)}".`,
    { file: root, hint: storageHint('storage/corrupted') },
  );
}

/** Relative, with forward slashes, where the video lies below `root`; so a dataset can be moved as a whole. */
export function storedPath(root: string, path: string): string {
  const full = resolve(path);
  const inside = relative(root, full);
  return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? full : inside.split(sep).join('/');
}
