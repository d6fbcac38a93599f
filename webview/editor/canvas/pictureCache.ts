import type { FrameIndex } from '../../../shared/domain/video';

export interface PictureRequest {
  readonly frame: FrameIndex;
  /** Longest side wanted. */
  readonly maxDimension: number;
  readonly lossless: boolean;
}

/** What the cache needs to know of an `ImageBitmap`. */
export interface Bitmap {
  readonly width: number;
  readonly height: number;
  close(): void;
}

interface Entry<B> {
  readonly request: PictureRequest;
  readonly bitmap: B;
}

/** Decoded pictures, one a frame, the best one seen; the longest unused are closed once they take too much memory. */
export class PictureCache<B extends Bitmap> {
  /** In the order of use, the oldest first. */
  private readonly entries = new Map<FrameIndex, Entry<B>>();
  private bytes = 0;

  constructor(private readonly maxBytes: number) {}

  /** True where the picture is as good as asked for. */
  has({ frame, maxDimension, lossless }: PictureRequest): boolean {
    const entry = this.entries.get(frame);
    if (!entry) return false;
    return entry.request.maxDimension >= maxDimension && (entry.request.lossless || !lossless);
  }

  /** The frame's picture in whatever quality there is. */
  get(frame: FrameIndex): B | undefined {
    const entry = this.entries.get(frame);
    if (!entry) return undefined;
    this.entries.delete(frame);
    this.entries.set(frame, entry);
    return entry.bitmap;
  }

  /** @param keep a frame that must stay, as it is on the screen. */
  put(request: PictureRequest, bitmap: B, keep: FrameIndex | undefined): void {
    if (this.has(request)) {
      bitmap.close();
      return;
    }
    this.drop(request.frame);
    this.entries.set(request.frame, { request, bitmap });
    this.bytes += bytesOf(bitmap);
    for (const frame of [...this.entries.keys()]) {
      if (this.bytes <= this.maxBytes) return;
      if (frame !== keep && frame !== request.frame) this.drop(frame);
    }
  }

  clear(): void {
    for (const frame of [...this.entries.keys()]) this.drop(frame);
  }

  private drop(frame: FrameIndex): void {
    const entry = this.entries.get(frame);
    if (!entry) return;
    this.entries.delete(frame);
    this.bytes -= bytesOf(entry.bitmap);
    entry.bitmap.close();
  }
}

function bytesOf({ width, height }: Bitmap): number {
  return width * height * 4;
}
