import { MaskletError } from '../../shared/protocol/errors';
import type { Problem } from '../../shared/protocol/errors';
import type { VideoInfo } from '../../shared/domain/video';
import { refuseToWriteOutside } from '../../models/files/ownPath';
import type { OpenClipParams, OpenClipResult } from './api';
import { Clip, readVideoJson, type Access } from './clip';
import { rootOf } from './dataFolder';
import {
  openDatabase,
  openDatabaseReadOnly,
  openInMemory,
  type OpenDatabase,
  type OpenEnvironment,
} from './database';
import { asStorageError } from './databaseErrors';
import { openUntouched } from './untouched';
import { ClipRows } from './rows';
import { readSidecar, type SidecarFiles } from './sidecar/files';
import { VIDEO_FILE } from './sidecar/layout';
import { setAsideUnfit, syncFromSidecar } from './sidecar/sync';
import { SyncState } from './sidecar/syncState';
import { isMadeOn, type VideoJson } from './sidecar/videoJson';
import { copyClip } from './snapshot';
import {
  findGoneVideo,
  findVideo,
  fullPath,
  MAX_FRAMES,
  putVideo,
  shapeOf,
  storedPath,
  type VideoRow,
} from './videos';
import { acquireLease, liveWriter } from './writerLease';

export type OpenedClip = { readonly clip: Clip; readonly result: Omit<OpenClipResult, 'clip'> };

/**
 * Opens a clip: finds its rows, takes in what changed in its sidecar, and takes the right to write, unless
 * `readOnly` is asked for or somebody else has it.
 * @throws MaskletError `video/changed`, `video/moved`, `sidecar/newer-version`, `file/refused`, and as `openDatabase`.
 */
export function openClip(params: OpenClipParams, environment: OpenEnvironment): OpenedClip {
  return params.readOnly ? openToRead(params, environment) : openToWrite(params, environment);
}

interface Opened {
  readonly id: number;
  readonly problems: readonly Problem[];
  readonly access: Access;
}

function openToWrite(params: OpenClipParams, environment: OpenEnvironment): OpenedClip {
  refuseOutside(params);
  const database = openDatabase(params.databaseFolder, environment.busyTimeoutMs);
  return closingOnError(database, () => {
    const files = readSidecar(params.sidecar);
    const opened = database.db
      .transaction((): Opened => {
        const row = rowToWrite(database.db, params, files);
        const writer = row && liveWriter(database.db, row.id, environment);
        // Whoever writes keeps the rows in step with the sidecar; we only look on.
        if (writer) return { id: row.id, problems: [], access: { kind: 'reader', writer } };
        const { id, problems } = takeIn(database, params, row, files);
        const lease = acquireLease(database.db, id, params.holder, environment);
        if (!('token' in lease)) throw new Error('The lease was taken in our own transaction.');
        return { id, problems, access: { kind: 'writer', lease } };
      })
      .immediate();
    return finish(database, params, environment, opened);
  });
}

/** Saving must not lead out of the dataset: that is told before anybody works on the clip. */
function refuseOutside({ sidecar, databaseFolder }: OpenClipParams): void {
  try {
    refuseToWriteOutside(sidecar, rootOf(databaseFolder));
  } catch (error) {
    throw asStorageError(error, sidecar);
  }
}

/** Takes in what changed in sidecars, without opening clips; keeps a connection until it is closed. */
export class SidecarIntake {
  private readonly database: OpenDatabase;

  /** @throws MaskletError as `openDatabase` */
  constructor(
    databaseFolder: string,
    private readonly environment: OpenEnvironment,
  ) {
    this.database = openDatabase(databaseFolder, environment.busyTimeoutMs);
  }

  /** @returns undefined where somebody has the clip open to write, who does it. @throws MaskletError as `openClip` */
  takeIn(params: OpenClipParams): readonly Problem[] | undefined {
    const { database } = this;
    return reading(database, () => {
      const files = readSidecar(params.sidecar);
      const known = findVideo(database.db, rootOf(params.databaseFolder), params.video);
      // Nobody is made to wait for nothing.
      if (known && isInStep(database.db, known, files, params)) return [];
      return database.db
        .transaction((): readonly Problem[] | undefined => {
          const row = rowToWrite(database.db, params, files);
          if (row && liveWriter(database.db, row.id, this.environment)) return undefined;
          return takeIn(database, params, row, files).problems;
        })
        .immediate();
    });
  }

  close(): void {
    this.database.close();
  }
}

function openToRead(params: OpenClipParams, environment: OpenEnvironment): OpenedClip {
  const disk = openToLookOn(params, environment);
  const files = readSidecar(params.sidecar);
  const { row, question }: FoundRow = disk ? reading(disk, () => findRow(disk.db, params, files)) : {};
  const asked = question ? [question.toData()] : [];
  const writer = disk && row && reading(disk, () => liveWriter(disk.db, row.id, environment));
  if (disk && row && writer) {
    return closingOnError(disk, () =>
      finish(disk, params, environment, { id: row.id, problems: [], access: { kind: 'reader', writer } }),
    );
  }
  if (disk && row && reading(disk, () => isInStep(disk.db, row, files, params))) {
    return closingOnError(disk, () =>
      finish(disk, params, environment, { id: row.id, problems: [], access: { kind: 'reader' } }),
    );
  }
  // Nobody keeps the rows in step with the sidecar, and we may not: a private copy is brought into step instead.
  const copy = openInMemory();
  let copied = row;
  try {
    if (disk && row) copied = { ...row, id: reading(disk, () => copyClip(disk.db, copy.db, row.id)) };
  } finally {
    disk?.close();
  }
  return closingOnError(copy, () => {
    const { id, problems } = copy.db.transaction(() => takeIn(copy, params, copied, files))();
    return finish(copy, params, environment, {
      id,
      problems: [...asked, ...problems],
      access: { kind: 'reader' },
    });
  });
}

/** The folder stays as it is. Where a process of this machine has the clip open to write, its work is seen live. */
function openToLookOn(params: OpenClipParams, environment: OpenEnvironment): OpenDatabase | undefined {
  const { databaseFolder, video } = params;
  const untouched = openUntouched(databaseFolder, environment.busyTimeoutMs);
  if (!untouched?.isCopy) return untouched;
  try {
    const row = findVideo(untouched.db, rootOf(databaseFolder), video);
    const writer = row && liveWriter(untouched.db, row.id, environment);
    if (writer?.host !== environment.host) return untouched;
  } catch (error) {
    untouched.close();
    throw asStorageError(error, untouched.file);
  }
  untouched.close();
  return openDatabaseReadOnly(databaseFolder, environment.busyTimeoutMs);
}

interface FoundRow {
  readonly row?: VideoRow | undefined;
  readonly question?: MaskletError;
}

/**
 * The row of a clip: its own, else that of a video with its content that is no longer where it was, where nothing else
 * can be meant: all was saved, and the sidecar came along as it was. Where that is not so, it is a question.
 */
function findRow(
  db: OpenDatabase['db'],
  { video, databaseFolder, takeOver }: OpenClipParams,
  files: SidecarFiles,
): FoundRow {
  const root = rootOf(databaseFolder);
  const row = findVideo(db, root, video);
  if (row) return { row };
  const gone = findGoneVideo(db, root, video);
  if (!gone || takeOver === false) return {};
  const state = new SyncState(db, gone.id);
  const dirty = state.dirty();
  if (takeOver || (!dirty && files.size > 0 && isAsKnown(state, files))) return { row: gone };
  // It has annotations of its own here, and nothing is lost by keeping to them.
  if (!dirty && files.size > 0) return {};
  const was = fullPath(root, gone.path);
  return {
    question: new MaskletError(
      'video/moved',
      `${video.path} has the content of ${was}, which is no longer there and has ${dirty ? 'annotations that were not saved' : 'annotations'}.`,
      {
        file: video.path,
        hint: 'If it was moved, take them over: VS Code asks when the video is opened; on the command line, --take-over yes does it, and --take-over no leaves them alone.',
      },
    ),
  };
}

/** @throws MaskletError `video/moved` */
function rowToWrite(
  db: OpenDatabase['db'],
  params: OpenClipParams,
  files: SidecarFiles,
): VideoRow | undefined {
  const { row, question } = findRow(db, params, files);
  if (question) throw question;
  return row;
}

function isAsKnown(state: SyncState, files: SidecarFiles): boolean {
  const known = state.files();
  return (
    known.size === files.size && [...files].every(([file, { sha256 }]) => known.get(file)?.sha256 === sha256)
  );
}

/** True where taking in the sidecar would change nothing: then rows are read where they are, without a copy. */
function isInStep(
  db: OpenDatabase['db'],
  row: VideoRow,
  files: SidecarFiles,
  { video, sidecar, databaseFolder }: OpenClipParams,
): boolean {
  const inPlace = row.path === storedPath(rootOf(databaseFolder), video.path);
  if (!inPlace || row.fingerprint !== video.fingerprint || !fits(row, video)) return false;
  const state = new SyncState(db, row.id);
  // Broken lines are tried again every time.
  if (state.filesWithBroken().size > 0 || readVideoJson(files, sidecar).problems.length > 0) return false;
  return isAsKnown(state, files);
}

function finish(
  database: OpenDatabase,
  params: OpenClipParams,
  environment: OpenEnvironment,
  opened: Opened,
): OpenedClip {
  const { id, access } = opened;
  const { video, sidecar, acceptChangedVideo } = params;
  const clip = new Clip({ database, id, video, sidecar, acceptChangedVideo, access, environment });
  const content = clip.read();
  return {
    clip,
    result: {
      ...content,
      problems: [...opened.problems, ...content.problems],
      readOnly: access.kind === 'reader',
      ...(video.indexing ? { indexing: true } : {}),
      ...(access.kind === 'reader' && access.writer ? { writer: access.writer } : {}),
    },
  };
}

/** Brings the rows into step with the video and the sidecar. To be called inside a transaction. */
function takeIn(
  { db }: OpenDatabase,
  params: OpenClipParams,
  row: VideoRow | undefined,
  files: SidecarFiles,
): { id: number; problems: Problem[] } {
  const { video, sidecar } = params;
  const json = readVideoJson(files, sidecar);
  const problems: Problem[] = [...json.problems];
  const change = changeOfVideo(row, json.video, files, params, db);
  if (change) problems.push(change);

  const sameContent = row?.fingerprint === video.fingerprint;
  const theirSha256 =
    !change && json.video && isMadeOn(json.video, video) && json.video.fingerprint === video.fingerprint
      ? json.video.sha256
      : undefined;
  const sha256 = (sameContent ? row.sha256 : null) ?? theirSha256 ?? video.sha256;
  if (row && !fits(row, video)) {
    const before = { ...row, frameCount: row.frame_count };
    setAsideUnfit(shapeOf(video), new ClipRows(db, row.id, before), new SyncState(db, row.id));
  }
  const counted = { ...video, frameCount: storedCount(video, row, json.video) };
  const id = putVideo(db, rootOf(params.databaseFolder), counted, row?.id, sha256);
  const state = new SyncState(db, id);
  const synced = syncFromSidecar(files, sidecar, shapeOf(video), new ClipRows(db, id, shapeOf(video)), state);
  const videoFile = files.get(VIDEO_FILE);
  if (videoFile) state.setFile(VIDEO_FILE, { sha256: videoFile.sha256, tidy: true });
  else state.dropFile(VIDEO_FILE);
  return { id, problems: [...problems, ...synced.problems] };
}

/**
 * Whether the annotations were made on other content.
 * @throws MaskletError `video/changed`, unless that is accepted; then it is a problem to show.
 */
function changeOfVideo(
  row: VideoRow | undefined,
  json: VideoJson | undefined,
  files: SidecarFiles,
  { video, sidecar, acceptChangedVideo }: OpenClipParams,
  db: OpenDatabase['db'],
): Problem | undefined {
  const state = row && new SyncState(db, row.id);
  const rowsElsewhere =
    row !== undefined &&
    row.fingerprint !== video.fingerprint &&
    new ClipRows(db, row.id, shapeOf(video)).any();
  // Once accepted, or taken in with its video, the sidecar's word counts no more until it changes.
  const news = files.get(VIDEO_FILE)?.sha256 !== state?.files().get(VIDEO_FILE)?.sha256;
  const sidecarElsewhere = news && json !== undefined && files.size > 1 && !isMadeOn(json, video);
  // Video and annotations were replaced together, and we had nothing of our own.
  const together = json?.fingerprint === video.fingerprint && !state?.dirty();
  if (!sidecarElsewhere && (!rowsElsewhere || together)) return undefined;
  const from = rowsElsewhere && row ? row : { byte_size: json?.byteSize };
  const message = `${video.path} is not the video that was annotated (${from.byte_size ?? '?'} bytes then, ${video.byteSize} now).`;
  if (acceptChangedVideo) return { code: 'video/changed', message, file: video.path };
  throw new MaskletError('video/changed', message, {
    file: video.path,
    hint: `Put the original video back, or move ${sidecar} away to start anew, or accept the new content for the annotations that are there.`,
  });
}

function fits(row: VideoRow, video: VideoInfo): boolean {
  const sameLength = video.indexing !== undefined || row.frame_count === video.frameCount;
  return row.width === video.width && row.height === video.height && sameLength;
}

/** While a video is indexed, the row keeps what is known of its length from before. */
function storedCount(video: VideoInfo, row: VideoRow | undefined, json: VideoJson | undefined): number {
  if (!video.indexing) return video.frameCount;
  const before = row?.fingerprint === video.fingerprint ? row.frame_count : 0;
  const { frameCount: said } = json && isMadeOn(json, video) ? json.fields : {};
  const theirs = Number.isSafeInteger(said) ? Math.min(Number(said), MAX_FRAMES) : 0;
  return Math.max(video.frameCount, before, theirs);
}

function reading<T>(database: OpenDatabase, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asStorageError(error, database.file);
  }
}

function closingOnError<T>(database: OpenDatabase, work: () => T): T {
  try {
    return reading(database, work);
  } catch (error) {
    database.close();
    throw error;
  }
}
