import { connectedComponents } from '../components';
import { distanceTo } from './distance';
import type { Bitmap } from './draw';

/** Islands below this share of the largest one are specks, where no size is given. */
const SPECK_SHARE = 0.05;

/** Fills background that the mask encloses. @param smallerThan pixels; default: every hole. */
export function fillHoles({ data, width, height }: Bitmap, smallerThan = Infinity): void {
  const holes = connectedComponents(
    data.map((value) => (value ? 0 : 1)),
    width,
    height,
  );
  const open = new Set<number>();
  for (let x = 0; x < width; x++) open.add(holes.labels[x]).add(holes.labels[(height - 1) * width + x]);
  for (let y = 0; y < height; y++) open.add(holes.labels[y * width]).add(holes.labels[(y + 1) * width - 1]);
  const isHole = holes.areas.map((area, i) => area < smallerThan && !open.has(i + 1));
  for (let i = 0; i < data.length; i++) {
    const label = holes.labels[i];
    if (label && isHole[label - 1]) data[i] = 1;
  }
}

/**
 * Takes islands away; the largest one always stays.
 * @param smallerThan pixels; default: a twentieth of the largest.
 */
export function removeSpecks({ data, width, height }: Bitmap, smallerThan?: number): void {
  const islands = connectedComponents(data, width, height);
  const largest = islands.areas.reduce((most, area) => Math.max(most, area), 0);
  const limit = Math.min(largest, smallerThan ?? Math.ceil(largest * SPECK_SHARE));
  for (let i = 0; i < data.length; i++) {
    const label = islands.labels[i];
    if (label && islands.areas[label - 1] < limit) data[i] = 0;
  }
}

/** Adds what lies within `pixels` of the mask: dilation by a disc. */
export function grow({ data, width, height }: Bitmap, pixels: number): void {
  distanceTo(data, width, height).forEach((distance, i) => {
    if (distance <= pixels) data[i] = 1;
  });
}

/** Takes away what lies within `pixels` of the background: erosion by a disc. The picture's edge is no background. */
export function shrink({ data, width, height }: Bitmap, pixels: number): void {
  const background = data.map((value) => (value ? 0 : 1));
  distanceTo(background, width, height).forEach((distance, i) => {
    if (distance <= pixels) data[i] = 0;
  });
}
