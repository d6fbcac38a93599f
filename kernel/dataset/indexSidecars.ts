import { join, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { MaskletError, throwIfAborted } from '../../shared/protocol/errors';
import type { IndexParams, IndexProgress, IndexResult } from '../../shared/protocol/dataset';
import { locate } from '../storage/locations';
import { MAX_BYTES, readRegularSync } from '../../models/files/regularFile';
import { rootOf } from '../storage/dataFolder';
import type { SidecarIntake } from '../storage/openClip';
import type { KnownClip } from '../storage/overview';
import { writeAtomically } from '../storage/sidecar/files';
import type { Store } from '../storage/store';
import { findAllClips, type StampedClip } from './allClips';
import { undecodedVideo, videoOfSidecar } from '../clips/annotatedVideo';

/** In the folder of the database, never in git: the stamps of clips whose rows were in step. May be deleted at any time. */
const INDEX_FILE = 'indexed.json';

export interface IndexEnvironment {
  readonly store: Store;
  readonly signal: AbortSignal;
  onProgress(progress: IndexProgress): void;
}

/**
 * Brings a dataset's database into step with the sidecars, also of clips that nobody opened here: after a clone, a pull or a
 * batch run elsewhere. Neither videos are read nor files written beside the database. A clip is looked into only where its
 * rows or files changed since it was last.
 * @throws MaskletError `storage/*`, `cancelled`; what is wrong with one clip is a problem in the result.
 */
export async function indexSidecars(
  { folder, ...options }: IndexParams,
  environment: IndexEnvironment,
): Promise<IndexResult> {
  const { store, signal } = environment;
  const { databaseFolder } = locate(`${folder}${sep}clip`, options);
  const root = options.workspaceRoot ?? (options.dataDir ? folder : rootOf(databaseFolder));
  const problems = new Set<string>();
  // What lies in a folder without a database yet belongs to the one that is made there.
  const place = options.dataDir === undefined ? { ...options, workspaceRoot: root } : options;
  const annotated = async (): Promise<StampedClip<KnownClip>[]> => {
    const told = ({ message }: MaskletError): void => void problems.add(message);
    const all = await findAllClips(root, place, store.knownClips(databaseFolder), told);
    return all.filter(({ stamp }) => stamp);
  };
  const known = readStamps(databaseFolder);
  const outdated = (await annotated()).filter(({ path, stamp }) => known.get(path) !== stamp?.text);
  if (outdated.length === 0) return { clips: 0, problems: [...problems] };
  throwIfAborted(signal);
  const intake = store.intake(databaseFolder);
  /** What the files of clips that were taken in were. */
  const taken = new Map<string, string>();
  try {
    for (const [done, clip] of outdated.entries()) {
      // Others get their turn: exports run on this thread too.
      await setImmediate();
      throwIfAborted(signal);
      environment.onProgress({ done, total: outdated.length, clip: clip.path });
      const found = takeIn(clip, intake);
      for (const problem of found ?? []) problems.add(problem);
      // What is wrong is told again the next time.
      if (found?.length === 0) taken.set(clip.path, clip.stamp!.files);
    }
  } finally {
    intake.close();
  }
  // Others may have written meanwhile.
  const inStep = (await annotated()).filter(
    ({ path, stamp }) => known.get(path) === stamp?.text || taken.get(path) === stamp?.files,
  );
  writeStamps(databaseFolder, new Map(inStep.map(({ path, stamp }) => [path, stamp!.text])));
  return { clips: outdated.length, problems: [...problems] };
}

/** @returns what is wrong with the clip's annotations; undefined where its writer takes them in. */
function takeIn(
  { overview, stamp, ...clip }: StampedClip<KnownClip>,
  intake: SidecarIntake,
): string[] | undefined {
  try {
    const video = stamp?.hasSidecar || !overview ? videoOfSidecar(clip) : undecodedVideo(overview);
    // Rows without it could not be told from those of another video.
    if (video.fingerprint === '')
      return [`${clip.path} must be opened once: its sidecar was written by an early version.`];
    const params = { video, ...clip, readOnly: false, holder: 'Masklet', acceptChangedVideo: false };
    return intake.takeIn(params)?.map(({ message }) => message);
  } catch (error) {
    if (!(error instanceof MaskletError) || error.code.startsWith('storage/')) throw error;
    return [error.message];
  }
}

function readStamps(databaseFolder: string): Map<string, string> {
  try {
    const text = readRegularSync(join(databaseFolder, INDEX_FILE), MAX_BYTES.list).toString('utf8');
    return new Map(Object.entries(JSON.parse(text) as Record<string, string>));
  } catch {
    return new Map();
  }
}

/** A place that cannot be written to does without: clips are looked into again next time. */
function writeStamps(databaseFolder: string, stamps: ReadonlyMap<string, string>): void {
  try {
    writeAtomically(join(databaseFolder, INDEX_FILE), JSON.stringify(Object.fromEntries(stamps)));
  } catch {
    // As above.
  }
}
