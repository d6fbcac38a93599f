import { randomBytes } from 'node:crypto';
import { open, readdir, rename, rm, rmdir, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from '../../models/files/makeFolder';
import { MaskletError, errnoOf } from '../../shared/protocol/errors';
import { makeOutputFolder } from '../storage/makeOutputFolder';
import { storageError } from '../storage/storageError';
import { OWNER_FILE, PART_ENDING, ownerHere, partPrefix, removeAbandoned } from './abandoned';
import { hashOf } from '../../models/hashFile';
import { CHECKSUMS_FILE, checksumsText, sha256Of } from './checksums';
import type { ClipHashes, EarlierExport } from './earlierExport';

/** Text is handed to the file system in pieces of this size. */
const BUFFER_CHARACTERS = 1 << 20;

/**
 * The folder that an export goes to: everything is written to a temporary folder beside it, which takes its place when all
 * is there.
 */
export class ExportFolder {
  private readonly made = new Set<string>();
  private readonly streams = new Set<TextFile>();
  /** SHA-256 by path of the files written; undefined where the file is to be read for it. */
  private readonly written = new Map<string, string | undefined>();
  private unchanged: { readonly [K in keyof ClipHashes]: boolean } = { pictures: false, masks: false };
  private reused = 0;

  private constructor(
    readonly out: string,
    /** Where the files are until the export is complete. */
    readonly temporary: string,
    private readonly earlier: EarlierExport | undefined,
  ) {}

  /**
   * What an export to the same place left behind when its process was killed is removed.
   * @param earlier what is there already, and is to be brought up to date.
   * @throws MaskletError `export/folder-not-empty`, `storage/*`; then nothing was made.
   */
  static async create(out: string, earlier?: EarlierExport): Promise<ExportFolder> {
    if (!earlier) await refuseFull(out);
    await removeAbandoned(out);
    const temporary = join(dirname(out), `${partPrefix(out)}${randomBytes(4).toString('hex')}${PART_ENDING}`);
    try {
      makeFolder(temporary);
      await writeFile(join(temporary, OWNER_FILE), `${JSON.stringify(ownerHere())}\n`);
    } catch (error) {
      await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
      throw storageError(out, String(error), error);
    }
    return new ExportFolder(out, temporary, earlier);
  }

  /** Files written. */
  get files(): number {
    return this.written.size;
  }

  /** Files that an earlier export had and that still hold. */
  get reusedFiles(): number {
    return this.reused;
  }

  /** To be called before the files of a clip are written. */
  beginClip(name: string, hashes: ClipHashes | undefined): void {
    this.unchanged = (hashes && this.earlier?.holds(name, hashes)) ?? { pictures: false, masks: false };
  }

  /** Takes a file over from the earlier export. @returns false where there is none that still holds: it is to be made. */
  async reuse(path: string, from: keyof ClipHashes): Promise<boolean> {
    if (!this.earlier || !this.unchanged[from]) return false;
    const full = this.place(path);
    const sha256 = await this.earlier.reuse(path, full);
    if (sha256 === undefined) return false;
    this.written.set(path, sha256);
    this.reused++;
    return true;
  }

  /** A file's full path in the temporary folder, its folder made: for what writes files by itself. Counts as written. */
  place(path: string): string {
    const full = join(this.temporary, path);
    const folder = dirname(full);
    if (!this.made.has(folder)) {
      makeOutputFolder(folder, join(this.out, path));
      this.made.add(folder);
    }
    this.written.set(path, undefined);
    return full;
  }

  async write(path: string, data: Uint8Array | string): Promise<void> {
    const full = this.place(path);
    this.written.set(path, sha256Of(data));
    try {
      await writeFile(full, data);
    } catch (error) {
      throw storageError(join(this.out, path), String(error), error);
    }
  }

  /** A file to be written piece by piece. */
  async text(path: string): Promise<TextFile> {
    const full = this.place(path);
    const file = await TextFile.open(full, join(this.out, path));
    this.streams.add(file);
    return file;
  }

  /** A file that is only an intermediate step. */
  async scratch(): Promise<TextFile> {
    const name = join(this.temporary, `.scratch-${randomBytes(4).toString('hex')}`);
    const file = await TextFile.open(name, this.out);
    this.streams.add(file);
    return file;
  }

  /** Puts the finished folder in its place. @returns paths of files that no export wrote, and that stay. */
  async finish(): Promise<readonly string[]> {
    await this.closeAll();
    await this.writeChecksums();
    if (this.earlier) {
      const strangers = await this.earlier.keepStrangers(this.temporary, (path) => this.written.has(path));
      await this.earlier.replaceBy(this.temporary).catch((error: unknown) => {
        throw storageError(this.out, String(error), error);
      });
      return strangers;
    }
    await refuseFull(this.out);
    try {
      await rm(join(this.temporary, OWNER_FILE), { force: true });
      await rmdir(this.out).catch((error: unknown) => {
        if (errnoOf(error) !== 'ENOENT') throw error;
      });
      await rename(this.temporary, this.out);
    } catch (error) {
      throw storageError(this.out, String(error), error);
    }
    return [];
  }

  private async writeChecksums(): Promise<void> {
    const files = new Map<string, string>();
    for (const [path, sha256] of this.written) {
      files.set(path, sha256 ?? (await hashOf(join(this.temporary, path))).digest('hex'));
    }
    await this.write(CHECKSUMS_FILE, checksumsText(files));
  }

  /** Removes what was written so far. */
  async discard(): Promise<void> {
    await this.closeAll();
    await rm(this.temporary, { recursive: true, force: true }).catch(() => undefined);
  }

  private async closeAll(): Promise<void> {
    for (const stream of this.streams) await stream.abandon();
    this.streams.clear();
  }
}

async function refuseFull(out: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(out);
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT') return;
    if (code === 'ENOTDIR') {
      throw new MaskletError('export/folder-not-empty', `${out} is a file, not a folder.`, {
        file: out,
        hint: 'Export to a new folder.',
      });
    }
    throw storageError(out, String(error), error);
  }
  if (names.length === 0) return;
  throw new MaskletError('export/folder-not-empty', `${out} is not empty (it holds ${names[0]}).`, {
    file: out,
    hint: 'Export to a new folder, or remove what is in this one first.',
  });
}

/** A text file written piece by piece, so that its size does not matter. */
export class TextFile {
  private pieces: string[] = [];
  private characters = 0;
  private closed = false;

  private constructor(
    private readonly handle: FileHandle,
    private readonly path: string,
    private readonly shown: string,
  ) {}

  /** @param shown what it is called in errors. */
  static async open(path: string, shown: string): Promise<TextFile> {
    try {
      return new TextFile(await open(path, 'wx'), path, shown);
    } catch (error) {
      throw storageError(shown, String(error), error);
    }
  }

  async write(text: string): Promise<void> {
    this.pieces.push(text);
    this.characters += text.length;
    if (this.characters >= BUFFER_CHARACTERS) await this.flush();
  }

  /** Appends all of another file, which is closed and removed. */
  async append(other: TextFile): Promise<void> {
    await other.close();
    await this.flush();
    try {
      const from = await open(other.path);
      try {
        // One buffer for all: a stream would leave gigabytes of them to the garbage collector.
        const buffer = Buffer.allocUnsafe(BUFFER_CHARACTERS);
        for (let read = await from.read(buffer); read.bytesRead > 0; read = await from.read(buffer)) {
          await this.handle.writeFile(buffer.subarray(0, read.bytesRead));
        }
      } finally {
        await from.close();
      }
      await rm(other.path);
    } catch (error) {
      throw storageError(this.shown, String(error), error);
    }
  }

  async close(): Promise<void> {
    if (this.closed) return;
    await this.flush();
    this.closed = true;
    await this.handle.close();
  }

  /** Closes without caring for what is still to be written. */
  async abandon(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.handle.close().catch(() => undefined);
  }

  private async flush(): Promise<void> {
    const text = this.pieces.join('');
    this.pieces = [];
    this.characters = 0;
    if (text === '') return;
    try {
      await this.handle.writeFile(text);
    } catch (error) {
      throw storageError(this.shown, String(error), error);
    }
  }
}
