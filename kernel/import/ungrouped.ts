import type { FrameIndex } from '../../shared/domain/video';
import type { RleMask } from '../../shared/domain/annotations';
import type { Collector } from './api';

interface Loose {
  readonly frame: FrameIndex;
  readonly mask: RleMask;
  readonly where: string;
  readonly occluded: boolean;
}

/**
 * Masks of which the source does not say whose they are from frame to frame. A label that is on no frame twice is one
 * object; of any other, every mask is an object of its own, for which mask goes with which cannot be known.
 */
export class UngroupedMasks {
  private readonly byLabel = new Map<string, Loose[]>();

  constructor(private readonly collector: Collector) {}

  add(label: string, mask: Loose): void {
    const known = this.byLabel.get(label);
    if (known) known.push(mask);
    else this.byLabel.set(label, [mask]);
  }

  /** Hands the masks over. */
  finish(): void {
    for (const [label, masks] of this.byLabel) {
      const single = new Set(masks.map(({ frame }) => frame)).size === masks.length;
      this.collector.note(
        single
          ? `"${label}" is on no frame twice and has no track numbers: it was imported as one object.`
          : `"${label}" has no track numbers and is on some frames twice: each of its ${masks.length} masks is an object.`,
      );
      for (const [n, { frame, mask, where, occluded }] of masks.entries()) {
        const track = this.collector.track(single ? `label:${label}` : `label:${label}:${n}`, { label });
        track.mask(frame, mask, where);
        if (occluded) track.occluded(frame);
      }
    }
  }
}
