import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { MaskletError, errnoOf } from '../../shared/protocol/errors';
import { ffmpegEnvironment } from '../programs/ffmpeg';
import { defaultFfmpegFolder, findFetchedFfmpeg, installByHand } from '../programs/fetchedFfmpeg';
import { ffmpegBuild } from '../programs/ffmpegBuilds';
import { findProgram, isExecutable } from '../programs/find';
import { outputOf } from '../programs/start';
import { kernelScript } from '../runtime/paths';

export interface Ffmpeg {
  readonly path: string;
  /** As ffmpeg names itself, for example `5.1.9-0+deb12u1` or `n6.0`. */
  readonly version: string;
  readonly origin: 'setting' | 'ffmpeg-static' | 'path' | 'fetched';
}

/** Older releases lack filters and options that decoding relies on. */
const OLDEST = [4, 4] as const;

const probed = new Map<string, Promise<string>>();

/**
 * The ffmpeg to run: the one the setting names, else the package `ffmpeg-static` where its file is there, else `ffmpeg` on
 * PATH, else the one that was fetched. A setting that does not work is an error, never silently passed over.
 *
 * @param ffmpegDir where one may have been fetched to, beside the command line's own folder
 * @throws MaskletError `ffmpeg/missing`, with how to get it on this platform; `ffmpeg/failed` where it is too old.
 */
export async function findFfmpeg(setting?: string, ffmpegDir?: string): Promise<Ffmpeg> {
  if (setting !== undefined && setting.trim() !== '') return fromSetting(setting.trim());
  const failures: string[] = [];
  const bundled = await staticFfmpeg();
  const candidates: Pick<Ffmpeg, 'path' | 'origin'>[] = bundled
    ? [{ path: bundled, origin: 'ffmpeg-static' }]
    : [];
  const onPath = await findProgram('ffmpeg');
  if (onPath) candidates.push({ path: onPath, origin: 'path' });
  const folders = [...(ffmpegDir === undefined ? [] : [ffmpegDir]), defaultFfmpegFolder()];
  const fetched = await findFetchedFfmpeg(folders);
  if (fetched) candidates.push({ path: fetched, origin: 'fetched' });
  for (const candidate of candidates) {
    try {
      return { ...candidate, version: supported(candidate.path, await ffmpegVersion(candidate.path)) };
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new MaskletError(
    'ffmpeg/missing',
    failures.length > 0 ? `No usable ffmpeg: ${failures.join(' ')}` : 'ffmpeg was not found on PATH.',
    { hint: howToGet() },
  );
}

async function fromSetting(setting: string): Promise<Ffmpeg> {
  const path = /[\\/]/.test(setting) ? resolve(setting) : await findProgram(setting);
  if (path === undefined) {
    throw new MaskletError('ffmpeg/missing', `"${setting}" (masklet.ffmpegPath) was not found on PATH.`, {
      hint: howToGet(),
    });
  }
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const program = isFolder ? join(path, process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg') : path;
  return { path: program, version: supported(program, await ffmpegVersion(program)), origin: 'setting' };
}

/**
 * The version an ffmpeg reports; asked once per path.
 *
 * @throws MaskletError `ffmpeg/missing` where it cannot be run or is no ffmpeg.
 */
export async function ffmpegVersion(path: string): Promise<string> {
  let version = probed.get(path);
  if (!version) {
    version = askVersion(path);
    probed.set(path, version);
    // A failure is not remembered: the user may install ffmpeg while the kernel runs.
    version.catch(() => probed.delete(path));
  }
  return version;
}

async function askVersion(path: string): Promise<string> {
  let output: string;
  try {
    output = await outputOf(path, ['-hide_banner', '-version'], { env: ffmpegEnvironment() });
  } catch (error) {
    const cause = errnoOf(error) ?? (error instanceof Error ? error.message.split('\n')[0] : String(error));
    throw new MaskletError('ffmpeg/missing', `"${path}" cannot be run as ffmpeg (${cause}).`, {
      hint: howToGet(),
      file: path,
      cause: error,
    });
  }
  const match = /^ffmpeg version (\S+)(?:.*Copyright \(c\) (?:\d+-)?(\d+))?/m.exec(output);
  if (!match) {
    throw new MaskletError('ffmpeg/missing', `"${path}" does not say that it is ffmpeg.`, {
      hint: howToGet(),
      file: path,
    });
  }
  const [, version, year] = match;
  return isRelease(version) || !year ? version : `${version} (${year})`;
}

function supported(path: string, version: string): string {
  if (atLeast(version, ...OLDEST)) return version;
  throw new MaskletError(
    'ffmpeg/failed',
    `"${path}" is ffmpeg ${version}; Masklet needs ${OLDEST.join('.')} or newer.`,
    {
      hint: howToGet(),
      file: path,
    },
  );
}

const RELEASE = /^n?(\d{1,3})(?:\.(\d+))?(?!\d|-\d\d-\d\d)/;

function isRelease(version: string): boolean {
  return RELEASE.test(version);
}

/**
 * Whether a version string names this release or a later one. Builds between releases carry a commit, and here the year of their
 * sources: those of 2023 and later count as newer than any release, those of the two years before as 4.4.
 */
export function atLeast(version: string, major: number, minor: number): boolean {
  const release = RELEASE.exec(version);
  const year = Number(/\((\d{4})\)$/.exec(version)?.[1] ?? Infinity);
  if (!release && year > 2022) return true;
  const found = release ? [Number(release[1]), Number(release[2] ?? 0)] : year > 2020 ? [4, 4] : [0, 0];
  return found[0] > major || (found[0] === major && found[1] >= minor);
}

/** The output option that keeps every frame as the decoder presents it: `-vsync` until 5.0, `-fps_mode` since. */
export function passthroughOption(version: string): string[] {
  return atLeast(version, 5, 1) ? ['-fps_mode', 'passthrough'] : ['-vsync', 'passthrough'];
}

async function staticFfmpeg(): Promise<string | undefined> {
  let path: unknown;
  try {
    path = createRequire(kernelScript('main'))('ffmpeg-static');
  } catch {
    return undefined;
  }
  return typeof path === 'string' && (await isExecutable(path)) ? path : undefined;
}

function howToGet(): string {
  const fetching = ffmpegBuild() ? 'let Masklet fetch it ("masklet doctor --fix"), or ' : 'or ';
  return `${installByHand}, ${fetching}set masklet.ffmpegPath to an ffmpeg ${OLDEST.join('.')} or newer.`;
}
