/**
 * What OpenCV's `fillPoly` draws of one polygon, in words of our own: points are cut to whole pixels, what lies between edges is
 * filled (even-odd, row by row through the pixels' own coordinates), and every edge is drawn as a line.
 * @param points x0, y0, x1, y1, ... in pixels.
 * @returns `width * height` bytes row by row.
 */
export function fillPoly(points: readonly number[], width: number, height: number): Uint8Array {
  const drawn = new Uint8Array(width * height);
  const set = (x: number, y: number): void => {
    if (x >= 0 && x < width && y >= 0 && y < height) drawn[y * width + x] = 1;
  };
  const cut = points.map(Math.trunc);
  const edges = Array.from({ length: cut.length / 2 }, (_, i) => {
    const j = (i + 1) % (cut.length / 2);
    return [cut[2 * i], cut[2 * i + 1], cut[2 * j], cut[2 * j + 1]] as const;
  });
  for (const edge of edges) drawLine(edge, set);
  for (let y = 0; y < height; y++) {
    const crossings = edges
      .filter(([, y0, , y1]) => Math.min(y0, y1) <= y && y < Math.max(y0, y1))
      .map(([x0, y0, x1, y1]) => x0 + ((y - y0) * (x1 - x0)) / (y1 - y0))
      .sort((a, b) => a - b);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      for (let x = Math.ceil(crossings[i]); x <= Math.floor(crossings[i + 1]); x++) set(x, y);
    }
  }
  return drawn;
}

/** Bresenham's line, ends included. */
function drawLine(
  [x0, y0, x1, y1]: readonly [number, number, number, number],
  set: (x: number, y: number) => void,
): void {
  const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0));
  for (let i = 0; i <= steps; i++) {
    const share = steps === 0 ? 0 : i / steps;
    set(Math.round(x0 + (x1 - x0) * share), Math.round(y0 + (y1 - y0) * share));
  }
}

/** The box around points: left, top, right, bottom. */
export function boxOfPoints(points: readonly number[]): [number, number, number, number] {
  const [x, y] = [0, 1].map((axis) => points.filter((_, i) => i % 2 === axis));
  return [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)];
}
