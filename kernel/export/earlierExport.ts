import fs from 'node:fs';
import { cp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ExportFormat } from '../../shared/formats';
import { MaskletError } from '../../shared/protocol/errors';
import { makeFolder } from '../../models/files/makeFolder';
import { MAX_BYTES, listFolder, readRegular } from '../../models/files/regularFile';
import { MANIFEST_FILE } from '../clips/manifestFile';
import { OWNER_FILE } from './abandoned';
import { hashOf } from '../../models/hashFile';
import { linkOrCopy } from '../../models/linkOrCopy';
import { CHECKSUMS_FILE, readChecksums } from './checksums';

/** What a clip's files depend on: equal hashes, equal files. */
export interface ClipHashes {
  /** Of its pictures. */
  readonly pictures: string;
  /** Of what shows its masks, too. */
  readonly masks: string;
}

/**
 * An export that is to be brought up to date. It stays as it is until another takes its place; files of it that still hold are
 * linked into that one, where they have the bytes that the export wrote.
 */
export class EarlierExport {
  private constructor(
    private readonly folder: string,
    /** SHA-256 by path. */
    private readonly files: ReadonlyMap<string, string>,
    private readonly clips: ReadonlyMap<string, ClipHashes>,
  ) {}

  /**
   * Undefined where there is none yet: the folder is empty, or does not exist.
   * @throws MaskletError `export/not-an-export`
   */
  static async read(folder: string, format: ExportFormat): Promise<EarlierExport | undefined> {
    await recover(folder);
    const names = namesIn(folder);
    if (names.length === 0) return undefined;
    const manifest = await readManifest(join(folder, MANIFEST_FILE));
    if (!manifest) throw notAnExport(folder, 'it holds no manifest of Masklet');
    if (manifest.format !== format) {
      throw notAnExport(folder, `it holds an export in the format ${manifest.format}, not ${format}`);
    }
    const files = await readChecksums(join(folder, CHECKSUMS_FILE));
    if (!files) throw notAnExport(folder, `it has no ${CHECKSUMS_FILE}, as exports of earlier versions`);
    return new EarlierExport(folder, files, manifest.clips);
  }

  /** Whether the files of a clip of this name were made from the same. */
  holds(clip: string, hashes: ClipHashes): { readonly [K in keyof ClipHashes]: boolean } {
    const known = this.clips.get(clip);
    return { pictures: known?.pictures === hashes.pictures, masks: known?.masks === hashes.masks };
  }

  /** Gives a file of it another place as well. @returns its SHA-256; undefined where it is not as it was written. */
  async reuse(path: string, to: string): Promise<string | undefined> {
    const wanted = this.files.get(path);
    if (wanted === undefined) return undefined;
    const from = join(this.folder, path);
    if (!isRegular(from) || (await hashOf(from)).digest('hex') !== wanted) return undefined;
    await linkOrCopy(from, to);
    return wanted;
  }

  /**
   * Gives files in it that no export wrote a place in the new one.
   * @param isTaken whether the new one has a file at a path.
   * @returns their paths.
   * @throws MaskletError `export/folder-not-empty` where one would be overwritten.
   */
  async keepStrangers(to: string, isTaken: (path: string) => boolean): Promise<string[]> {
    const strangers = filesBelow(this.folder).filter(
      (path) => !this.files.has(path) && ![CHECKSUMS_FILE, OWNER_FILE].includes(path),
    );
    for (const path of strangers) {
      if (isTaken(path)) {
        throw new MaskletError(
          'export/folder-not-empty',
          `${join(this.folder, path)} was not written by an export.`,
          {
            file: join(this.folder, path),
            hint: 'The export has a file of that name: move yours away first.',
          },
        );
      }
      makeFolder(dirname(join(to, path)));
      await cp(join(this.folder, path), join(to, path), { recursive: true, verbatimSymlinks: true });
    }
    return strangers;
  }

  /** Puts another folder in its place. Killed in between, the next update finds either. */
  async replaceBy(folder: string): Promise<void> {
    const aside = asideOf(this.folder);
    await rename(this.folder, aside);
    await rename(folder, this.folder);
    await rm(join(this.folder, OWNER_FILE), { force: true });
    await rm(aside, { recursive: true, force: true });
  }
}

/** Where an export is for the moment in which another takes its place. */
function asideOf(folder: string): string {
  return join(dirname(folder), `.${basename(folder)}.previous`);
}

/** Brings in order what an update left that was killed while it put the new export in its place. */
async function recover(folder: string): Promise<void> {
  const aside = asideOf(folder);
  if (!fs.existsSync(aside)) return;
  if (namesIn(folder).length === 0) {
    await rm(folder, { recursive: true, force: true });
    await rename(aside, folder);
  } else await rm(aside, { recursive: true, force: true });
}

interface EarlierManifest {
  readonly format: string;
  readonly clips: ReadonlyMap<string, ClipHashes>;
}

async function readManifest(file: string): Promise<EarlierManifest | undefined> {
  try {
    const data = JSON.parse((await readRegular(file, MAX_BYTES.large)).toString('utf8')) as {
      tool?: { name?: unknown };
      format?: unknown;
      clips?: unknown;
    } | null;
    if (data?.tool?.name !== 'masklet' || typeof data.format !== 'string' || !Array.isArray(data.clips)) {
      return undefined;
    }
    const clips = new Map<string, ClipHashes>();
    for (const clip of data.clips as readonly ({ name?: unknown; hashes?: Partial<ClipHashes> } | null)[]) {
      const { pictures, masks } = clip?.hashes ?? {};
      if (typeof clip?.name === 'string' && typeof pictures === 'string' && typeof masks === 'string') {
        clips.set(clip.name, { pictures, masks });
      }
    }
    return { format: data.format, clips };
  } catch {
    return undefined;
  }
}

/** True for a file that is no link, device or folder. */
function isRegular(path: string): boolean {
  return fs.lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Paths of all that is not a folder, with forward slashes. */
function filesBelow(folder: string, inside = ''): string[] {
  return listFolder(join(folder, inside)).flatMap((entry) => {
    const path = inside === '' ? entry.name : `${inside}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(folder, path) : [path];
  });
}

function namesIn(folder: string): string[] {
  try {
    return listFolder(folder).map(({ name }) => name);
  } catch {
    return [];
  }
}

function notAnExport(folder: string, why: string): MaskletError {
  return new MaskletError('export/not-an-export', `${folder} cannot be brought up to date: ${why}.`, {
    file: folder,
    hint: 'Nothing was changed. Export to a new folder.',
  });
}
