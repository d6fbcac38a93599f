import { join } from 'node:path';
import { CancelledError, MaskletError, throwIfAborted } from '../../shared/protocol/errors';
import { AccessPattern } from './accessPattern';
import { FrameCache } from './frameCache';
import type { Counters, FrameProvider } from './frameProvider';
import { decodeImage } from './imageIndex';
import { PictureBuffers } from './pictureBuffers';
import type { VideoIndex } from './videoIndex';

/** Images decoded ahead of the last one asked for, in the direction of reading. */
const READ_AHEAD = 2;

/** Frames of a folder of images: each decodes by itself, so that there are no decoders to keep, only a cache and some reading ahead. */
export class ImageFrames implements FrameProvider {
  private readonly buffers: PictureBuffers;
  private readonly cache: FrameCache;
  private readonly pattern = new AccessPattern();
  private readonly decoding = new Map<number, Promise<Uint8Array>>();
  private closed = false;

  constructor(
    private readonly folder: string,
    private readonly names: readonly string[],
    private readonly index: VideoIndex,
    cacheBytes: number,
    private readonly counters: Counters,
  ) {
    this.buffers = new PictureBuffers(index.width * index.height * 3);
    this.cache = new FrameCache(cacheBytes, this.buffers);
  }

  async frame(frame: number, signal?: AbortSignal): Promise<Uint8Array> {
    throwIfAborted(signal);
    if (this.closed) throw new CancelledError('The video has been closed.');
    const direction = this.pattern.note(frame);
    const hit = this.cache.get(frame);
    if (hit) this.counters.cacheHits++;
    const wanted = hit ? Promise.resolve(hit) : this.decode(frame);
    if (direction !== 0 && this.cache.capacity > READ_AHEAD) {
      for (let step = 1; step <= READ_AHEAD; step++) {
        const next = frame + direction * step;
        // Where it fails, the request for that frame says why.
        if (this.names[next] !== undefined && !this.cache.has(next)) this.decode(next).catch(() => undefined);
      }
    }
    const data = await wanted;
    throwIfAborted(signal);
    return data;
  }

  grown(): void {
    // Each image decodes by itself.
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.allSettled(this.decoding.values());
    await this.cache.close();
  }

  private decode(frame: number): Promise<Uint8Array> {
    let decoding = this.decoding.get(frame);
    if (!decoding) {
      decoding = this.decodeNow(frame).finally(() => this.decoding.delete(frame));
      this.decoding.set(frame, decoding);
    }
    return decoding;
  }

  private async decodeNow(frame: number): Promise<Uint8Array> {
    const path = join(this.folder, this.names[frame]);
    const { data, width, height } = await decodeImage(path);
    if (width !== this.index.width || height !== this.index.height) {
      throw new MaskletError(
        'video/changed',
        `"${path}" has changed since the folder was opened: it is ${width}x${height} now.`,
        {
          hint: 'Close the folder and open it again.',
          file: path,
        },
      );
    }
    const buffer = this.buffers.take();
    buffer.set(data);
    this.cache.put(frame, buffer);
    this.counters.framesDecoded++;
    this.counters.cacheBytes = this.cache.bytes;
    return this.cache.get(frame) ?? buffer;
  }
}
