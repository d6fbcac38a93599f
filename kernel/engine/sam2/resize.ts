/** A picture of numbers, row by row. */
export interface Plane {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** For each output sample: the first input sample that weighs in, and the weights from there on. */
interface Taps {
  readonly first: Int32Array;
  readonly weights: readonly Float64Array[];
}

/**
 * Bilinear resizing with pixel centres aligned as PyTorch's `interpolate(align_corners=False)`.
 * @param antialias widens the filter where the picture is made smaller, as `antialias=True` does.
 */
export function resize(plane: Plane, width: number, height: number, antialias = false): Plane {
  if (width === plane.width && height === plane.height) return plane;
  const columns = taps(plane.width, width, antialias);
  const rows = taps(plane.height, height, antialias);
  const narrow = new Float32Array(plane.height * width);
  for (let y = 0; y < plane.height; y++) {
    for (let x = 0; x < width; x++) {
      const weights = columns.weights[x];
      const from = y * plane.width + columns.first[x];
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += weights[i] * plane.data[from + i];
      narrow[y * width + x] = sum;
    }
  }
  const data = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    const weights = rows.weights[y];
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += weights[i] * narrow[(rows.first[y] + i) * width + x];
      data[y * width + x] = sum;
    }
  }
  return { data, width, height };
}

/** A triangle filter, normalised where it reaches over the edge. */
function taps(from: number, to: number, antialias: boolean): Taps {
  const scale = from / to;
  const reach = antialias ? Math.max(1, scale) : 1;
  const first = new Int32Array(to);
  const weights = Array.from({ length: to }, (_, i) => {
    const free = (i + 0.5) * scale;
    // Without antialiasing positions stop at the outermost centres.
    const centre = antialias ? free : Math.min(from - 0.5, Math.max(0.5, free));
    first[i] = Math.max(0, Math.floor(centre - reach + 0.5));
    const end = Math.min(from, Math.floor(centre + reach + 0.5));
    const raw = Float64Array.from({ length: end - first[i] }, (_, n) =>
      Math.max(0, 1 - Math.abs(first[i] + n + 0.5 - centre) / reach),
    );
    const sum = raw.reduce((total, weight) => total + weight, 0);
    return raw.map((weight) => weight / sum);
  });
  return { first, weights };
}
