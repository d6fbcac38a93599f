import type { MaskView } from '../../../shared/domain/annotations';
import { type Contours, contoursOf } from '../geometry/contours';
import { simplified } from '../geometry/simplify';

/** As much of a mask as its outline depends on. */
export type TracedMask = Pick<MaskView, 'object' | 'frame' | 'mask'>;

/** A mask in video pixels; fill and stroke with even-odd. */
export interface MaskPath {
  /** Along the pixels' edges. */
  readonly exact: Path2D;
  /** Within a pixel of it, with far fewer corners. */
  readonly outline: Path2D;
}

interface Entry extends MaskPath {
  readonly counts: string;
  readonly corners: number;
}

/** About 100 MB of paths. */
const MAX_CORNERS = 2_000_000;
/** Half the diagonal of a pixel: what it takes to lay a line over even stairs. */
const OUTLINE_TOLERANCE = 0.75;

/** Masks as paths in video pixels, each traced once. */
export class MaskPaths {
  /** By object and frame, in the order of use, the oldest first. */
  private readonly entries = new Map<string, Entry>();
  private corners = 0;

  constructor(private readonly broken: (mask: TracedMask, error: unknown) => void) {}

  has(mask: TracedMask): boolean {
    return this.entries.get(keyOf(mask))?.counts === mask.mask.counts;
  }

  get(mask: TracedMask): MaskPath {
    const key = keyOf(mask);
    let entry = this.entries.get(key);
    if (entry) {
      this.entries.delete(key);
      this.corners -= entry.corners;
    }
    if (entry?.counts !== mask.mask.counts) entry = this.trace(mask);
    this.entries.set(key, entry);
    this.corners += entry.corners;
    for (const [oldest, { corners }] of this.entries) {
      if (this.corners <= MAX_CORNERS || oldest === key) break;
      this.entries.delete(oldest);
      this.corners -= corners;
    }
    return entry;
  }

  private trace(mask: TracedMask): Entry {
    const { counts } = mask.mask;
    try {
      const contours = contoursOf(mask.mask);
      const outline = simplified(contours, OUTLINE_TOLERANCE);
      const corners = (contours.corners.length + outline.corners.length) / 2;
      return { counts, exact: pathOf(contours), outline: pathOf(outline), corners };
    } catch (error) {
      this.broken(mask, error);
      return { counts, exact: new Path2D(), outline: new Path2D(), corners: 0 };
    }
  }
}

function pathOf({ corners, starts }: Contours): Path2D {
  const path = new Path2D();
  for (let polygon = 0; polygon + 1 < starts.length; polygon++) {
    const first = starts[polygon];
    path.moveTo(corners[first * 2], corners[first * 2 + 1]);
    for (let i = first + 1; i < starts[polygon + 1]; i++) path.lineTo(corners[i * 2], corners[i * 2 + 1]);
    path.closePath();
  }
  return path;
}

function keyOf({ object, frame }: TracedMask): string {
  return `${frame}/${object}`;
}
