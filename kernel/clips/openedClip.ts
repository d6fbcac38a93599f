import { MaskletError } from '../../shared/protocol/errors';
import type { KernelSettings } from '../../shared/protocol/settings';
import type { OpenClipResult } from '../storage/api';
import type { Store } from '../storage/store';
import type { FrameSource } from '../video/api';
import { findFfmpeg } from '../video/ffmpeg';
import { openVideo } from '../video/source';
import type { FoundClip } from './findClips';

/** What work on whole clips needs of its surroundings. */
export interface DatasetEnvironment {
  readonly settings: KernelSettings;
  readonly store: Store;
  readonly signal: AbortSignal;
}

export interface OpenedClip {
  readonly source: FrameSource;
  readonly content: OpenClipResult;
}

/** Opens a clip to read it, and closes it after. @throws MaskletError as the video's source and the storage. */
export async function withClip<T>(
  clip: FoundClip,
  { settings, store, signal }: DatasetEnvironment,
  task: (opened: OpenedClip) => Promise<T>,
): Promise<T> {
  const ffmpeg = await findFfmpeg(settings.ffmpegPath, settings.ffmpegDir);
  const { path, databaseFolder, sidecar, within } = clip;
  const source = await openVideo(path, {
    ffmpeg: ffmpeg.path,
    cacheBytes: settings.frameCacheBytes,
    maxFrames: settings.maxVideoFrames,
    ...(within === undefined ? {} : { within }),
    signal,
    // This thread's stderr is the kernel's, and that goes into the log.
    onLog: (message) => process.stderr.write(`${message}\n`),
    knownIndex: (fingerprint) => Promise.resolve(store.getIndex(databaseFolder, fingerprint)),
  });
  try {
    const content = store.open({
      video: source.info,
      databaseFolder,
      sidecar,
      readOnly: true,
      holder: 'masklet',
      acceptChangedVideo: false,
    });
    try {
      return await task({ source, content });
    } finally {
      store.close(content.clip);
    }
  } catch (error) {
    throw named(error, path);
  } finally {
    await source.close();
  }
}

/** Says which of many clips an error is about. */
function named(error: unknown, path: string): unknown {
  if (!(error instanceof MaskletError) || error.code === 'cancelled' || error.message.includes(path))
    return error;
  return new MaskletError(error.code, `${path}: ${error.message}`, {
    ...error.toData(),
    file: error.file ?? path,
    cause: error,
  });
}
