// kernel/review/: frames whose masks look wrong.
import { setImmediate } from 'node:timers/promises';
import { throwIfAborted } from '../../shared/protocol/errors';
import { rleIou } from '../masks/rle';
import type { MaskRecord, RleMask, Suspicion } from '../../shared/domain/annotations';
import { suspiciousFrames, type GivenBox } from './suspicion';

/** The main thread is given back after this long: it has others to answer. */
const SLICE_MS = 15;

/** Looks through the masks of a clip; what was compared once is not compared again until one of the two changes. */
export class Review {
  private readonly overlaps = new WeakMap<
    MaskRecord,
    { readonly before: MaskRecord; readonly iou: number }
  >();

  /** What tracking the other way had given, by the mask that took its place. Known while the clip is open. */
  private readonly otherWay = new WeakMap<MaskRecord, RleMask>();

  /** Keeps what a mask replaces, where that came from the other direction. */
  note(mask: MaskRecord, replaced: MaskRecord): void {
    const [now, before] = [mask.provenance?.direction, replaced.provenance?.direction];
    if (before === undefined || now === undefined) return;
    const other = before === now ? this.otherWay.get(replaced) : replaced.mask;
    if (other) this.otherWay.set(mask, other);
  }

  /**
   * @param objects the masks of each object, by frame, ascending.
   * @throws MaskletError `cancelled`
   */
  async run(
    objects: readonly (readonly MaskRecord[])[],
    signal?: AbortSignal,
    given?: GivenBox,
  ): Promise<Suspicion[]> {
    const found: Suspicion[] = [];
    let since = performance.now();
    for (const masks of objects) {
      for (let i = 1; i < masks.length; i++) {
        this.overlap(masks[i], masks[i - 1]);
        if (performance.now() - since < SLICE_MS) continue;
        await setImmediate();
        throwIfAborted(signal);
        since = performance.now();
      }
      found.push(
        ...suspiciousFrames(
          masks,
          (mask, before) => this.overlap(mask, before),
          (mask) => this.agreement(mask),
          given,
        ),
      );
    }
    return found.sort((a, b) => a.frame - b.frame);
  }

  private agreement(mask: MaskRecord): number | undefined {
    const other = this.otherWay.get(mask);
    return other && rleIou(mask.mask, other);
  }

  private overlap(mask: MaskRecord, before: MaskRecord): number {
    const known = this.overlaps.get(mask);
    if (known?.before === before) return known.iou;
    const iou = rleIou(mask.mask, before.mask);
    this.overlaps.set(mask, { before, iou });
    return iou;
  }
}
