import { decodeRle } from '../masks/rle';
import type { ExportMask } from './api';

export interface FlatFrame {
  /** Row by row: the number of the object that lies on top of each pixel, 0 where there is none. */
  readonly labels: Uint16Array;
  /** Pixels that several masks claimed. */
  readonly covered: number;
}

/** One object a pixel: where masks overlap, the object with the larger number lies on top. */
export function flatten(masks: readonly ExportMask[], width: number, height: number): FlatFrame {
  const labels = new Uint16Array(width * height);
  let covered = 0;
  for (const { object, record } of [...masks].sort((a, b) => a.object.number - b.object.number)) {
    const inside = decodeRle(record.mask);
    for (let i = 0; i < inside.length; i++) {
      if (!inside[i]) continue;
      if (labels[i]) covered++;
      labels[i] = object.number;
    }
  }
  return { labels, covered };
}

/** What is said of a clip whose masks overlap, in a format with one object a pixel. */
export function overlapWarning(clip: string, frames: number): string {
  return `${clip}: masks overlap on ${frames} frames; the object with the larger number was put on top.`;
}
