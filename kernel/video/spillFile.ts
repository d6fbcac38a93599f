import { randomBytes } from 'node:crypto';
import { open, statfs, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PictureBuffers } from './pictureBuffers';

/** Writes under way at which decoders should wait. */
const BUSY = 4;
const TMPFS = 0x01021994;

interface Pending {
  readonly data: Uint8Array;
  readonly done: Promise<void>;
}

/**
 * Frames on disk, for groups of pictures that memory cannot hold: a ring of equal slots in a temporary file without a name, so that nothing
 * stays behind however we end. Where the disk refuses, frames are simply not kept.
 */
export class SpillFile {
  private file: Promise<FileHandle | undefined> | undefined;
  private slots: number;
  private nextSlot = 0;
  private readonly slotOf = new Map<number, number>();
  private readonly frameIn = new Map<number, number>();
  private readonly readers = new Map<number, number>();
  private readonly pending = new Map<number, Pending>();
  private readonly reads = new Set<Promise<unknown>>();
  private failed = false;
  private unlinkAtEnd: string | undefined;

  /**
   * @param frameBytes size of one slot.
   * @param maxBytes the file never grows beyond this, nor takes more than half of the free space.
   * @param folder default: the system's temporary folder.
   */
  constructor(
    private readonly frameBytes: number,
    maxBytes: number,
    private readonly folder?: string,
  ) {
    this.slots = Math.floor(maxBytes / frameBytes);
  }

  /** Frames that fit. */
  get capacity(): number {
    return this.failed ? 0 : this.slots;
  }

  get congestion(): Promise<void> | undefined {
    if (this.pending.size < BUSY) return undefined;
    return Promise.race([...this.pending.values()].map(({ done }) => done));
  }

  has(frame: number): boolean {
    return this.slotOf.has(frame) || this.pending.has(frame);
  }

  /** Keeps a frame, overwriting the oldest; `done` is called when `data` is no longer needed. */
  write(frame: number, data: Uint8Array, done: () => void): void {
    if (this.capacity === 0 || this.has(frame)) {
      done();
      return;
    }
    const writing = this.store(frame, data).finally(() => {
      this.pending.delete(frame);
      done();
    });
    this.pending.set(frame, { data, done: writing });
  }

  /** The frame in a buffer of its own, or undefined. */
  async read(frame: number, buffers: PictureBuffers): Promise<Uint8Array | undefined> {
    const pending = this.pending.get(frame);
    if (pending) {
      const copy = buffers.take();
      copy.set(pending.data);
      return copy;
    }
    const slot = this.slotOf.get(frame);
    if (slot === undefined) return undefined;
    const reading = this.readSlot(slot, buffers.take());
    this.reads.add(reading);
    try {
      return await reading;
    } catch {
      this.forget(slot);
      return undefined;
    } finally {
      this.reads.delete(reading);
    }
  }

  async close(): Promise<void> {
    this.failed = true;
    await Promise.allSettled([...[...this.pending.values()].map(({ done }) => done), ...this.reads]);
    const file = await this.file;
    await file?.close();
    if (this.unlinkAtEnd) await unlink(this.unlinkAtEnd).catch(() => undefined);
    this.slotOf.clear();
  }

  private async store(frame: number, data: Uint8Array): Promise<void> {
    const file = await (this.file ??= this.create());
    if (!file || this.capacity === 0) return;
    const slot = this.freeSlot();
    if (slot === undefined) return;
    this.forget(slot);
    this.readers.set(slot, 1);
    try {
      let written = 0;
      while (written < data.length) {
        const { bytesWritten } = await file.write(
          data,
          written,
          data.length - written,
          slot * this.frameBytes + written,
        );
        written += bytesWritten;
      }
      this.slotOf.set(frame, slot);
      this.frameIn.set(slot, frame);
    } catch {
      // No space or a broken disk: what is there stays readable, nothing more is written.
      this.failed = true;
    } finally {
      this.readers.delete(slot);
    }
  }

  private async readSlot(slot: number, into: Uint8Array): Promise<Uint8Array> {
    this.readers.set(slot, (this.readers.get(slot) ?? 0) + 1);
    try {
      const file = await this.file;
      if (!file) throw new Error('closed');
      let filled = 0;
      while (filled < into.length) {
        const { bytesRead } = await file.read(
          into,
          filled,
          into.length - filled,
          slot * this.frameBytes + filled,
        );
        if (bytesRead === 0) throw new Error('short');
        filled += bytesRead;
      }
      return into;
    } finally {
      const left = (this.readers.get(slot) ?? 1) - 1;
      if (left > 0) this.readers.set(slot, left);
      else this.readers.delete(slot);
    }
  }

  /** The next slot in the ring that nobody reads or writes. */
  private freeSlot(): number | undefined {
    for (let tried = 0; tried < this.slots; tried++) {
      const slot = this.nextSlot;
      this.nextSlot = (this.nextSlot + 1) % this.slots;
      if (!this.readers.has(slot)) return slot;
    }
    return undefined;
  }

  private forget(slot: number): void {
    const frame = this.frameIn.get(slot);
    if (frame !== undefined && this.slotOf.get(frame) === slot) this.slotOf.delete(frame);
    this.frameIn.delete(slot);
  }

  private async create(): Promise<FileHandle | undefined> {
    for (const folder of await this.folders()) {
      try {
        const space = await statfs(folder);
        const slots = Math.min(this.slots, Math.floor((space.bavail * space.bsize) / 2 / this.frameBytes));
        if (slots < 1) continue;
        const path = join(folder, `masklet-${process.pid}-${randomBytes(6).toString('hex')}.frames`);
        const file = await open(path, 'wx+', 0o600);
        // Windows refuses to unlink an open file.
        await unlink(path).catch(() => (this.unlinkAtEnd = path));
        this.slots = slots;
        return file;
      } catch {
        // Try the next folder.
      }
    }
    this.failed = true;
    return undefined;
  }

  /** A temporary folder that lies in memory would defeat the purpose, so that it comes last. */
  private async folders(): Promise<string[]> {
    if (this.folder !== undefined) return [this.folder];
    const standard = tmpdir();
    if (process.platform !== 'linux') return [standard];
    const inMemory = await statfs(standard).then(
      ({ type }) => type === TMPFS,
      () => false,
    );
    return inMemory ? ['/var/tmp', standard] : [standard];
  }
}
