import type { FrameIndex } from '../../shared/domain/video';
import type { Collector, TrackCollector } from './api';

interface Loose {
  readonly frame: FrameIndex;
  readonly put: (track: TrackCollector) => void;
}

/**
 * Masks, or boxes and points, of which the source does not say whose they are from frame to frame. A label that is on no frame
 * twice is one object; of any other, every shape is an object of its own, for which goes with which cannot be known.
 */
export class UngroupedShapes {
  private readonly byLabel = new Map<string, Loose[]>();

  constructor(private readonly collector: Collector) {}

  /** @param put hands the shape to the object that it turns out to be of. */
  add(label: string, frame: FrameIndex, put: (track: TrackCollector) => void): void {
    const known = this.byLabel.get(label);
    if (known) known.push({ frame, put });
    else this.byLabel.set(label, [{ frame, put }]);
  }

  /** Hands the shapes over. */
  finish(): void {
    const { every, wantsPrompts } = this.collector;
    const what = wantsPrompts ? 'boxes' : 'masks';
    for (const [label, all] of this.byLabel) {
      const single = new Set(all.map(({ frame }) => frame)).size === all.length;
      const shapes = single ? all : all.filter(({ frame }) => frame % every === 0);
      const left = shapes.length < all.length ? ` on every ${every}th frame` : '';
      this.collector.note(
        single
          ? `"${label}" is on no frame twice and has no track numbers: it was imported as one object.`
          : `"${label}" has no track numbers and is on some frames twice: each of its ${shapes.length} ${what}${left} is an object.`,
      );
      for (const [n, { put }] of shapes.entries()) {
        put(this.collector.track(single ? `label:${label}` : `label:${label}:${n}`, { label }));
      }
    }
  }
}
