import type { PictureInfo } from './ffmpegLog';
import { frameAtPts, type VideoIndex } from './videoIndex';

/**
 * Says which frame a decoded picture is. After a seek neither the position nor the timestamps can be trusted (open groups give broken
 * leading pictures, some containers give no timestamps), so that a picture is only ever taken for a frame whose
 * checksums, noted in the sequential indexing pass, it has. Pictures with equal checksums are equal, so that any of them will do.
 */
export class PictureAligner {
  constructor(
    private readonly index: VideoIndex,
    /** The frame that should come next. */
    private expected: number,
  ) {}

  get next(): number {
    return this.expected;
  }

  /** Whether the picture comes after all frames of an index that still grows: what it is can be said later. */
  isBeyond({ pts }: PictureInfo): boolean {
    const { index } = this;
    if (!index.growing) return false;
    const count = index.pts.length;
    return this.expected >= count || (index.ptsReliable && pts !== undefined && pts > index.pts[count - 1]);
  }

  /** The picture's frame, or undefined where it is none, or a broken one. */
  place(picture: PictureInfo): number | undefined {
    const frame = this.find(picture);
    if (frame !== undefined) this.expected = frame + 1;
    return frame;
  }

  private find(picture: PictureInfo): number | undefined {
    if (this.index.ptsReliable && picture.pts !== undefined) {
      const frame = frameAtPts(this.index, picture.pts);
      if (frame >= 0 && this.matches(frame, picture)) return frame;
    }
    return this.matches(this.expected, picture) ? this.expected : this.nearestMatch(picture);
  }

  private nearestMatch(picture: PictureInfo): number | undefined {
    const count = this.index.pts.length;
    for (let distance = 1; distance < count; distance++) {
      if (this.matches(this.expected + distance, picture)) return this.expected + distance;
      if (this.matches(this.expected - distance, picture)) return this.expected - distance;
    }
    return undefined;
  }

  private matches(frame: number, picture: PictureInfo): boolean {
    return (
      this.index.checksums[frame] === picture.checksum &&
      this.index.lumaChecksums[frame] === picture.lumaChecksum
    );
  }
}
