import { MaskletError } from '../../shared/protocol/errors';
import type { VideoIndex } from './videoIndex';

/** The list is told of at least this often in the beginning, later on less and less. */
const FIRST_REPORT_MS = 50;
const LAST_REPORT_MS = 1000;

/**
 * The index of a video while decoding passes make it: one object, which whoever holds it sees grow. A frame that was listed
 * once stays what it is: a pass that finds another picture in its place fails.
 */
export class GrowingIndex {
  private index: { -readonly [K in keyof VideoIndex]: VideoIndex[K] } | undefined;
  private checked = true;

  /** @param path for errors. */
  constructor(
    private readonly path: string,
    private readonly onGrowth: (index: VideoIndex) => void = () => undefined,
  ) {}

  /** Frames listed. */
  get count(): number {
    return this.index?.pts.length ?? 0;
  }

  /** Decoding begins once more: what is listed is compared with what comes. */
  restart(): void {
    this.checked = false;
  }

  /** Lists what a pass found from the first frame on; what is not longer than the list adds nothing. @throws MaskletError `ffmpeg/failed` */
  extend(found: VideoIndex): void {
    const { index } = this;
    if (!index) this.index = { ...found };
    else {
      if (found.growing && found.pts.length <= index.pts.length) return;
      if (!this.checked) this.compare(index, found);
      Object.assign(index, found);
    }
    this.checked = true;
    this.onGrowth(this.index as VideoIndex);
  }

  /** Lists the last pass's result: no more frames follow. @throws MaskletError `ffmpeg/failed` */
  finish(found: VideoIndex): VideoIndex {
    if (this.index) delete this.index.growing;
    this.extend(found);
    return this.index as VideoIndex;
  }

  private compare(listed: VideoIndex, found: VideoIndex): void {
    const same = (['pts', 'checksums', 'lumaChecksums'] as const).every((name) =>
      listed[name].every((value, i) => found[name][i] === value),
    );
    if (same) return;
    throw new MaskletError(
      'ffmpeg/failed',
      `The damaged video "${this.path}" decodes differently each time.`,
      {
        hint: 'Copy the video again, or convert it with ffmpeg to a file that is sound, and open that.',
        file: this.path,
      },
    );
  }
}

/** Says when the list is to be told of again: at once, then in growing intervals. */
export class ReportPace {
  private readonly start = performance.now();
  private last = -Infinity;

  isDue(): boolean {
    const now = performance.now();
    const interval = Math.min(LAST_REPORT_MS, Math.max(FIRST_REPORT_MS, (now - this.start) / 10));
    if (now - this.last < interval) return false;
    this.last = now;
    return true;
  }
}
