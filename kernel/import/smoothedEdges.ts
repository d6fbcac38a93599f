/**
 * Masks whose edges an image program smoothed, so that values between background and object lie along them: as a map of labels
 * such a picture would have dozens of objects. Pure.
 */

/** Fewer values than this are labels, whatever they look like. */
const MIN_EDGE_VALUES = 6;
/** The part of the values between that must occur on edges alone. */
const EDGE_SHARE = 0.8;

export interface SmoothedPicture {
  /** Values that fill areas, ascending: background and objects. */
  readonly areas: readonly number[];
  /** How many values occur along edges alone. */
  readonly edgeValues: number;
}

/**
 * @param values of a grey picture, row by row.
 * @returns undefined where the picture is a map of labels.
 */
export function findSmoothing(
  values: Uint8Array | Uint16Array,
  width: number,
  height: number,
): SmoothedPicture | undefined {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  if (counts.size < MIN_EDGE_VALUES + 2) return undefined;
  const [a, b] = [...counts].sort((x, y) => y[1] - x[1]).map(([value]) => value);
  const [low, high] = [Math.min(a, b), Math.max(a, b)];
  const inner = valuesWithInterior(values, width, height);
  const others = [...counts.keys()].filter((value) => value !== low && value !== high);
  const edges = others.filter((value) => !inner.has(value));
  if (edges.length < MIN_EDGE_VALUES || edges.length < EDGE_SHARE * others.length) return undefined;
  // A compressed picture wavers around the values of its areas.
  const near = (value: number): boolean =>
    Math.min(Math.abs(value - low), Math.abs(value - high)) <= (high - low) / 16;
  const areas = [low, high, ...others.filter((value) => inner.has(value) && !near(value))].sort(
    (x, y) => x - y,
  );
  return { areas, edgeValues: others.length - (areas.length - 2) };
}

/** The values of pixels whose eight neighbours have the same. */
function valuesWithInterior(
  values: Uint8Array | Uint16Array,
  width: number,
  height: number,
): ReadonlySet<number> {
  const inner = new Set<number>();
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const value = values[i];
      if (inner.has(value)) continue;
      let same = true;
      for (let dy = -1; dy <= 1 && same; dy++) {
        for (let dx = -1; dx <= 1 && same; dx++) same = values[i + dy * width + dx] === value;
      }
      if (same) inner.add(value);
    }
  }
  return inner;
}

/** The picture with two values: 0, and `inside` where a pixel is nearer to the brighter area. */
export function sharpened(
  values: Uint8Array | Uint16Array,
  [low, high]: readonly number[],
  inside: number,
): Uint8Array {
  const threshold = (low + high) / 2;
  return Uint8Array.from(values, (value) => (value > threshold ? inside : 0));
}
