/** What becomes of annotations when their video is moved, copied or deleted as a file. */
import fs from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { Database } from 'better-sqlite3';
import { MaskletError, errnoOf } from '../../shared/protocol/errors';
import type { FoundAnnotations } from '../../shared/protocol/session';
import { refuseOwnLinks } from '../../models/files/ownPath';
import type { AnnotationPlace, OpenClipParams } from './api';
import { databaseFile, rootOf } from './dataFolder';
import { openDatabase, openDatabaseReadOnly, type OpenDatabase, type OpenEnvironment } from './database';
import { asStorageError } from './databaseErrors';
import { makeFolder } from '../../models/files/makeFolder';
import { copyClip } from './snapshot';
import { fullPath, storedPath } from './videos';
import { liveWriter, writerElsewhere } from './writerLease';

interface VideoAt {
  readonly id: number;
  /** Full. */
  readonly path: string;
  readonly annotated: 0 | 1;
}

/**
 * Takes sidecars and rows along after a video, or a folder with videos, was moved.
 * @throws MaskletError `storage/failed` where other annotations lie at the new place, `storage/writer-elsewhere`, and as
 *   `openDatabase`; what could not be moved is where it was, and complete.
 */
export function moveAnnotations(
  from: AnnotationPlace,
  to: AnnotationPlace,
  environment: OpenEnvironment,
): void {
  for (const [n, sidecar] of from.sidecars.entries()) {
    const target = to.sidecars.at(n);
    if (target !== undefined && target !== sidecar) moveFolder(sidecar, target);
  }
  withDatabase(from.databaseFolder, environment, (source) => {
    const videos = videosAt(source.db, from);
    if (resolve(from.databaseFolder) === resolve(to.databaseFolder)) moveWithin(source.db, videos, from, to);
    else if (videos.length > 0) moveAcross(source.db, videos, from, to, environment);
  });
}

/** What is known of a video, or of the videos in a folder. */
export function findAnnotations(place: AnnotationPlace, environment: OpenEnvironment): FoundAnnotations {
  const sidecars = place.sidecars.filter((sidecar) => fs.existsSync(sidecar));
  const database = openDatabaseReadOnly(place.databaseFolder, environment.busyTimeoutMs);
  if (!database) return { sidecars, videos: [] };
  try {
    const videos = videosAt(database.db, place).filter(({ annotated }) => annotated === 1);
    return { sidecars, videos: videos.map(({ path }) => path) };
  } catch (error) {
    throw asStorageError(error, database.file);
  } finally {
    database.close();
  }
}

/** Removes the rows of a video, or of the videos in a folder. @throws MaskletError as `moveAnnotations` */
export function forgetAnnotations(place: AnnotationPlace, environment: OpenEnvironment): void {
  withDatabase(place.databaseFolder, environment, ({ db }) => {
    for (const video of videosAt(db, place)) remove(db, video, environment);
  });
}

/**
 * Copies the rows and the sidecar of a video to those of its copy, in place of what was there.
 * @param from the video's rows, as whoever has them open sees them.
 * @throws MaskletError as `moveAnnotations`
 */
export function copyAnnotations(
  from: { readonly database: OpenDatabase; readonly id: number; readonly sidecar: string },
  to: Pick<OpenClipParams, 'video' | 'databaseFolder' | 'sidecar'>,
  environment: OpenEnvironment,
): void {
  const { path } = to.video;
  if (resolve(to.sidecar) === resolve(from.sidecar)) {
    throw new MaskletError('storage/failed', `${to.sidecar} holds the annotations of the original.`, {
      file: to.sidecar,
      hint: 'Videos outside the workspace share masklet.dataDir by their names: choose another name.',
    });
  }
  const copyInto = (db: Database): void => {
    for (const video of videosAt(db, { ...to, path })) remove(db, video, environment);
    copyClip(from.database.db, db, from.id, storedPath(rootOf(to.databaseFolder), path));
  };
  if (resolve(databaseFile(to.databaseFolder)) === resolve(from.database.file)) {
    from.database.db.transaction(() => copyInto(from.database.db)).immediate();
  } else {
    const target = openDatabase(to.databaseFolder, environment.busyTimeoutMs);
    try {
      target.db.transaction(() => copyInto(target.db)).immediate();
    } finally {
      target.close();
    }
  }
  try {
    refuseOwnLinks(from.sidecar);
    refuseOwnLinks(to.sidecar);
    fs.rmSync(to.sidecar, { recursive: true, force: true });
    if (!fs.existsSync(from.sidecar)) return;
    makeFolder(dirname(to.sidecar));
    fs.cpSync(from.sidecar, to.sidecar, { recursive: true });
  } catch (error) {
    throw asStorageError(error, to.sidecar);
  }
}

/** The videos known at a path or below it. */
function videosAt(db: Database, place: Pick<AnnotationPlace, 'path' | 'databaseFolder'>): VideoAt[] {
  const root = rootOf(place.databaseFolder);
  return db
    .prepare<[], VideoAt>(
      'SELECT id, path, EXISTS (SELECT 1 FROM objects WHERE video = videos.id) AS annotated FROM videos',
    )
    .all()
    .map((video) => ({ ...video, path: fullPath(root, video.path) }))
    .filter(({ path }) => path === place.path || path.startsWith(place.path + sep));
}

function newPath(video: VideoAt, from: AnnotationPlace, to: AnnotationPlace): string {
  return storedPath(rootOf(to.databaseFolder), join(to.path, relative(from.path, video.path)));
}

function moveWithin(
  db: Database,
  videos: readonly VideoAt[],
  from: AnnotationPlace,
  to: AnnotationPlace,
): void {
  // What was known of a video that is replaced now stays, to be found again by its content.
  const giveWay = db.prepare<[string]>(`UPDATE videos SET path = path || '#' || id WHERE path = ?`);
  const move = db.prepare<[string, number]>('UPDATE videos SET path = ? WHERE id = ?');
  db.transaction(() => {
    for (const video of videos) {
      const path = newPath(video, from, to);
      giveWay.run(path);
      move.run(path, video.id);
    }
  }).immediate();
}

/** To another root's database: copied there, and then removed here, so that a crash in between loses nothing. */
function moveAcross(
  source: Database,
  videos: readonly VideoAt[],
  from: AnnotationPlace,
  to: AnnotationPlace,
  environment: OpenEnvironment,
): void {
  const target = openDatabase(to.databaseFolder, environment.busyTimeoutMs);
  try {
    for (const video of videos) {
      const writer = liveWriter(source, video.id, environment);
      if (writer) throw writerElsewhere(video.path, writer);
      const path = newPath(video, from, to);
      target.db
        .transaction(() => {
          target.db.prepare<[string]>(`UPDATE videos SET path = path || '#' || id WHERE path = ?`).run(path);
          copyClip(source, target.db, video.id, path);
        })
        .immediate();
      remove(source, video, environment);
    }
  } catch (error) {
    throw asStorageError(error, target.file);
  } finally {
    target.close();
  }
}

/** Everything that belongs to the video goes with its row. */
function remove(db: Database, { id, path }: VideoAt, environment: OpenEnvironment): void {
  db.transaction(() => {
    const writer = liveWriter(db, id, environment);
    if (writer) throw writerElsewhere(path, writer);
    db.prepare('DELETE FROM videos WHERE id = ?').run(id);
  }).immediate();
}

function moveFolder(from: string, to: string): void {
  if (!fs.existsSync(from)) return;
  if (fs.existsSync(to)) {
    throw new MaskletError('storage/failed', `${to} is there already, so the annotations stay in ${from}.`, {
      file: from,
      hint: 'Move the other ones away, then move these there by hand.',
    });
  }
  try {
    refuseOwnLinks(from);
    refuseOwnLinks(to);
    makeFolder(dirname(to));
    fs.renameSync(from, to);
  } catch (error) {
    if (errnoOf(error) !== 'EXDEV') throw asStorageError(error, to);
    copyThenRemove(from, to);
  }
}

/** Across file systems. */
function copyThenRemove(from: string, to: string): void {
  try {
    fs.cpSync(from, to, { recursive: true });
  } catch (error) {
    fs.rmSync(to, { recursive: true, force: true });
    throw asStorageError(error, to);
  }
  try {
    fs.rmSync(from, { recursive: true, force: true });
  } catch (error) {
    throw asStorageError(error, from);
  }
}

/** Works on a database where there is one. */
function withDatabase(
  folder: string,
  environment: OpenEnvironment,
  work: (database: OpenDatabase) => void,
): void {
  if (!fs.existsSync(databaseFile(folder))) return;
  const database = openDatabase(folder, environment.busyTimeoutMs);
  try {
    work(database);
  } catch (error) {
    throw asStorageError(error, database.file);
  } finally {
    database.close();
  }
}
