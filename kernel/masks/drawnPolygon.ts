import { encodeRle } from './rle';
import type { RleMask } from '../../shared/domain/annotations';

/**
 * A polygon as drawing programs draw it (Pillow's `ImageDraw.polygon`, which labelme uses, and OpenCV's `fillPoly`): points are
 * cut to whole pixels, what lies between the edges is filled (even-odd, row by row), and the edges are drawn, too.
 * @param points x0, y0, x1, y1, ... in pixels, within the picture or not far outside.
 */
export function drawnPolygon(points: readonly number[], width: number, height: number): RleMask {
  const inside = new Uint8Array(width * height);
  const count = points.length / 2;
  const crossings: number[][] = Array.from({ length: height }, () => []);
  for (let i = 0; i < count; i++) {
    const j = (i + 1) % count;
    const [x0, y0, x1, y1] = [points[2 * i], points[2 * i + 1], points[2 * j], points[2 * j + 1]].map(
      Math.trunc,
    );
    const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0), 1);
    for (let step = 0; step <= steps; step++) {
      const x = Math.round(x0 + ((x1 - x0) * step) / steps);
      const y = Math.round(y0 + ((y1 - y0) * step) / steps);
      if (x >= 0 && x < width && y >= 0 && y < height) inside[y * width + x] = 1;
    }
    for (let y = Math.max(0, Math.min(y0, y1)); y < Math.min(height, Math.max(y0, y1)); y++) {
      crossings[y].push(x0 + ((y - y0) * (x1 - x0)) / (y1 - y0));
    }
  }
  for (const [y, row] of crossings.entries()) {
    row.sort((a, b) => a - b);
    for (let i = 0; i + 1 < row.length; i += 2) {
      const [from, to] = [Math.max(0, Math.ceil(row[i])), Math.min(width - 1, Math.floor(row[i + 1]))];
      if (from <= to) inside.fill(1, y * width + from, y * width + to + 1);
    }
  }
  return encodeRle(inside, width, height);
}
