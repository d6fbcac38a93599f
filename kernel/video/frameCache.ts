import type { PictureBuffers } from './pictureBuffers';
import type { SpillFile } from './spillFile';

interface Entry {
  readonly data: Uint8Array;
  /** Callers hold it too, so that its memory cannot be used again. */
  shared: boolean;
}

/**
 * Decoded frames in memory, the least recently used leaving first; where `spills` says so they go to the spill file instead of being
 * forgotten. Holds one frame at least.
 */
export class FrameCache {
  /** Frames that fit into memory. */
  readonly capacity: number;
  /** In the order of their last use. */
  private readonly entries = new Map<number, Entry>();

  constructor(
    cacheBytes: number,
    private readonly buffers: PictureBuffers,
    private readonly spill?: { readonly file: SpillFile; readonly spills: (frame: number) => boolean },
  ) {
    this.capacity = Math.max(1, Math.floor(cacheBytes / buffers.bytes));
  }

  /** Bytes held in memory. */
  get bytes(): number {
    return this.entries.size * this.buffers.bytes;
  }

  /** Settles once the spill file has caught up; undefined where it need not be waited for. */
  get congestion(): Promise<void> | undefined {
    return this.spill?.file.congestion;
  }

  has(frame: number): boolean {
    return this.entries.has(frame) || this.spill?.file.has(frame) === true;
  }

  /** The frame for a caller to keep, from memory; counts as a use. */
  get(frame: number): Uint8Array | undefined {
    const entry = this.entries.get(frame);
    if (!entry) return undefined;
    entry.shared = true;
    this.touch(frame);
    return entry.data;
  }

  /** Reads a frame back from the spill file into memory; undefined where it is not there. */
  async restore(frame: number): Promise<Uint8Array | undefined> {
    if (!this.spill) return undefined;
    const data = await this.spill.file.read(frame, this.buffers);
    if (!data) return undefined;
    // Somebody may have decoded it meanwhile; then there is one copy only.
    if (!this.entries.has(frame)) this.put(frame, data);
    return this.get(frame);
  }

  /** Takes over a buffer with a frame's picture. */
  put(frame: number, data: Uint8Array): void {
    if (this.entries.has(frame)) {
      this.touch(frame);
      this.buffers.giveBack(data);
      return;
    }
    this.entries.set(frame, { data, shared: false });
    while (this.entries.size > this.capacity) this.evictOldest();
  }

  /** Marks a frame as just used. */
  touch(frame: number): void {
    const entry = this.entries.get(frame);
    if (!entry) return;
    this.entries.delete(frame);
    this.entries.set(frame, entry);
  }

  async close(): Promise<void> {
    this.entries.clear();
    await this.spill?.file.close();
  }

  private evictOldest(): void {
    const [frame, entry] = this.entries.entries().next().value as [number, Entry];
    this.entries.delete(frame);
    const recycle = (): void => {
      if (!entry.shared) this.buffers.giveBack(entry.data);
    };
    if (this.spill?.spills(frame)) this.spill.file.write(frame, entry.data, recycle);
    else recycle();
  }
}
