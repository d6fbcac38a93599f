/** Larger than any squared distance within a picture, and far from overflowing when squares are added to it. */
const FAR = 1e12;

/**
 * The distance of every pixel's centre to the nearest pixel for which `inside` is not 0; Infinity where there is none.
 * Exact, in time linear in the pixels: Felzenszwalb and Huttenlocher, "Distance Transforms of Sampled Functions",
 * Theory of Computing 8 (2012).
 * @param inside [height, width], row by row.
 */
export function distanceTo(inside: Uint8Array, width: number, height: number): Float64Array {
  const squares = Float64Array.from(inside, (value) => (value ? 0 : FAR));
  const longest = Math.max(width, height);
  const line = new Float64Array(longest);
  const envelope = new Envelope(longest);
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) line[y] = squares[y * width + x];
    envelope.lower(line, height, (y, value) => (squares[y * width + x] = value));
  }
  for (let y = 0; y < height; y++) {
    const row = y * width;
    line.set(squares.subarray(row, row + width));
    envelope.lower(line, width, (x, value) => (squares[row + x] = value));
  }
  return squares.map((square) => (square >= FAR / 2 ? Infinity : Math.sqrt(square)));
}

/**
 * How far each pixel's centre lies inside the mask's outline (above 0) or outside of it (below 0), in pixels, where the
 * outline runs half way between pixels. The mask must have pixels; one that has them all is inside everywhere.
 */
export function signedDistance(mask: Uint8Array, width: number, height: number): Float64Array {
  const outside = distanceTo(mask, width, height);
  const inside = distanceTo(
    mask.map((value) => (value ? 0 : 1)),
    width,
    height,
  );
  const furthest = Math.hypot(width, height);
  return outside.map((distance, i) => (distance > 0 ? 0.5 - distance : Math.min(furthest, inside[i]) - 0.5));
}

/** The lower envelope of parabolas, with its working space. */
class Envelope {
  private readonly places: Int32Array;
  private readonly bounds: Float64Array;

  constructor(longest: number) {
    this.places = new Int32Array(longest);
    this.bounds = new Float64Array(longest + 1);
  }

  /** Hands out min over q of (p - q)^2 + values[q], for each p. */
  lower(values: Float64Array, length: number, put: (p: number, value: number) => void): void {
    const { places, bounds } = this;
    let last = 0;
    places[0] = 0;
    bounds[0] = -Infinity;
    bounds[1] = Infinity;
    const crossing = (q: number, v: number): number =>
      (values[q] + q * q - (values[v] + v * v)) / (2 * (q - v));
    for (let q = 1; q < length; q++) {
      let at = crossing(q, places[last]);
      while (at <= bounds[last]) at = crossing(q, places[--last]);
      places[++last] = q;
      bounds[last] = at;
      bounds[last + 1] = Infinity;
    }
    for (let p = 0, k = 0; p < length; p++) {
      while (bounds[k + 1] < p) k++;
      const distance = p - places[k];
      put(p, distance * distance + values[places[k]]);
    }
  }
}
