import { chmod, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { download, type DownloadOptions } from '../../models/download';
import { ModelFileError } from '../../models/modelFileError';
import { defaultCacheFolder } from '../../models/library';
import { CancelledError, MaskletError, errnoOf } from '../../shared/protocol/errors';
import type { FfmpegInstallResult } from '../../shared/protocol/health';
import type { DownloadProgress } from '../../shared/protocol/models';
import { isExecutable } from './find';
import { ffmpegBuild, type FfmpegBuild } from './ffmpegBuilds';

/** The ways of getting ffmpeg from those who package it, by platform. */
const PACKAGED: Partial<Record<NodeJS.Platform, string>> = {
  darwin: 'Install it with "brew install ffmpeg"',
  win32: 'Install it with "winget install Gyan.FFmpeg"',
  linux: 'Install it with your package manager, for example "sudo apt install ffmpeg"',
};

/** How to install ffmpeg by hand on this machine, without a full stop. */
export const installByHand = PACKAGED[process.platform] ?? 'Install ffmpeg';

/** Where the command line keeps an ffmpeg that it fetched; the extension has a folder of its own. */
export function defaultFfmpegFolder(): string {
  return join(defaultCacheFolder(), 'ffmpeg');
}

function programIn(folder: string, { version }: FfmpegBuild): string {
  return join(folder, version, process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg');
}

/** The ffmpeg that was fetched before, into the first of these folders that has it; its version is that of the build. */
export async function findFetchedFfmpeg(
  folders: readonly string[],
  build: FfmpegBuild | undefined = ffmpegBuild(),
): Promise<string | undefined> {
  if (!build) return undefined;
  for (const folder of folders) {
    const path = programIn(folder, build);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

export interface FfmpegInstallOptions extends Pick<
  DownloadOptions,
  'retries' | 'retryDelayMs' | 'freeBytes'
> {
  /** Default: the command line's own. */
  readonly folder?: string;
  /** Default: the one for this machine. */
  readonly build?: FfmpegBuild;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/**
 * Fetches an ffmpeg and checks its SHA-256; it is found under its name only once it is whole. Resumes where an earlier
 * download stopped.
 * @throws MaskletError `ffmpeg/download-failed`, `storage/no-space`, `cancelled`
 */
export async function installFfmpeg(options: FfmpegInstallOptions): Promise<FfmpegInstallResult> {
  const { folder = defaultFfmpegFolder(), build = ffmpegBuild(), signal, onProgress } = options;
  if (!build) {
    throw new MaskletError(
      'ffmpeg/download-failed',
      `No ffmpeg for ${process.platform} on ${process.arch} can be fetched.`,
      { hint: `${installByHand}.` },
    );
  }
  const path = programIn(folder, build);
  const fetched = `${path}.new`;
  try {
    await download(build, fetched, {
      ...options,
      byHand: `${lowerFirst(installByHand)}, or set masklet.ffmpegPath to an ffmpeg that is fetched by other means.`,
      onProgress: (bytes) => onProgress?.({ bytes, total: build.bytes }),
    });
    await chmod(fetched, 0o755);
    await rename(fetched, path);
  } catch (error) {
    await rm(fetched, { force: true });
    throw signal.aborted ? new CancelledError() : asMaskletError(error, folder);
  }
  return { path, version: build.version };
}

function asMaskletError(error: unknown, folder: string): unknown {
  const isFull =
    errnoOf(error) === 'ENOSPC' || (error instanceof ModelFileError && error.problem === 'no-space');
  if (isFull) {
    return new MaskletError('storage/no-space', `There is no room for ffmpeg in ${folder}.`, {
      hint: `Free some space. Or else: ${lowerFirst(installByHand)}.`,
      cause: error,
    });
  }
  if (!(error instanceof ModelFileError)) return error;
  return new MaskletError('ffmpeg/download-failed', error.message, {
    hint: error.hint,
    file: error.file,
    cause: error,
  });
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
