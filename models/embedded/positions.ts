/**
 * Hiera's positional embedding at any size. The built-in encoder's file holds it spread over its own 256 x 256 patches;
 * it was made of two parts (Bolya et al. 2023), a coarse grid resized bicubically and a window repeated all over, which
 * are found again here by least squares.
 */

/** Side of the coarse grid and of the repeated window, in cells. */
const coarseSide = 7;
const windowSide = 8;
const coarseCells = coarseSide ** 2;
const unknowns = coarseCells + windowSide ** 2;

/** Keeps the equations solvable: a constant may lie in either part. */
const ridge = 1e-6;

/** The two parts of a positional embedding: [49 + 64, channels], the coarse grid's cells and then the window's. */
export interface PositionParts {
  readonly values: Float64Array;
  readonly channels: number;
}

/** PyTorch's bicubic kernel (Keys, a = -0.75) at a distance. */
function cubic(distance: number): number {
  const a = -0.75;
  const x = Math.abs(distance);
  if (x <= 1) return (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1;
  if (x < 2) return a * (x ** 3 - 5 * x ** 2 + 8 * x - 4);
  return 0;
}

/** For each of `size` cells the weights of the coarse grid's, as `interpolate(mode='bicubic', align_corners=False)`. */
function resizeWeights(size: number): Float64Array[] {
  return Array.from({ length: size }, (_, cell) => {
    const weights = new Float64Array(coarseSide);
    const at = ((cell + 0.5) * coarseSide) / size - 0.5;
    const first = Math.floor(at) - 1;
    for (let source = first; source < first + 4; source++) {
      weights[Math.max(0, Math.min(coarseSide - 1, source))] += cubic(at - source);
    }
    return weights;
  });
}

/** What each patch of a [size, size] embedding takes of the parts: calls `use` with indices and weights, patch by patch. */
function eachPatch(
  size: number,
  use: (patch: number, parts: Int32Array, weights: Float64Array) => void,
): void {
  const axis = resizeWeights(size);
  const parts = new Int32Array(17);
  const weights = new Float64Array(17);
  for (let y = 0, patch = 0; y < size; y++) {
    for (let x = 0; x < size; x++, patch++) {
      let count = 0;
      for (let i = 0; i < coarseSide; i++) {
        if (axis[y][i] === 0) continue;
        for (let j = 0; j < coarseSide; j++) {
          if (axis[x][j] === 0) continue;
          parts[count] = i * coarseSide + j;
          weights[count++] = axis[y][i] * axis[x][j];
        }
      }
      parts[count] = coarseCells + (y % windowSide) * windowSide + (x % windowSide);
      weights[count++] = 1;
      use(patch, parts.subarray(0, count), weights.subarray(0, count));
    }
  }
}

/**
 * The parts that a whole embedding was made of.
 * @param embedding [size * size, channels]
 * @throws RangeError where it was not made so: what the parts give differs by more than a thousandth of its largest value.
 */
export function takeApart(embedding: Float32Array, size: number): PositionParts {
  const channels = embedding.length / size ** 2;
  const squares = new Float64Array(unknowns * unknowns);
  const values = new Float64Array(unknowns * channels);
  eachPatch(size, (patch, parts, weights) => {
    parts.forEach((part, a) => {
      parts.forEach((other, b) => (squares[part * unknowns + other] += weights[a] * weights[b]));
      for (let c = 0; c < channels; c++) {
        values[part * channels + c] += weights[a] * embedding[patch * channels + c];
      }
    });
  });
  for (let i = 0; i < unknowns; i++) squares[i * unknowns + i] += ridge;
  solve(squares, values, channels);
  const found = { values, channels };
  const again = putTogether(found, size);
  const largest = embedding.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (again.some((value, i) => Math.abs(value - embedding[i]) > largest * 1e-3)) {
    throw new RangeError('The positional embedding is not a resized grid and a repeated window.');
  }
  return found;
}

/** The embedding at another size, a multiple of 8: [size * size, channels]. */
export function putTogether({ values, channels }: PositionParts, size: number): Float32Array {
  const embedding = new Float32Array(size * size * channels);
  eachPatch(size, (patch, parts, weights) => {
    parts.forEach((part, a) => {
      for (let c = 0; c < channels; c++) {
        embedding[patch * channels + c] += weights[a] * values[part * channels + c];
      }
    });
  });
  return embedding;
}

/** Gauss and Jordan: leaves in `right` [n, columns] what the positive definite `matrix` [n, n] takes to it. */
function solve(matrix: Float64Array, right: Float64Array, columns: number): void {
  const n = right.length / columns;
  for (let i = 0; i < n; i++) {
    const pivot = matrix[i * n + i];
    for (let row = 0; row < n; row++) {
      const factor = matrix[row * n + i] / pivot;
      if (row === i || factor === 0) continue;
      for (let k = i; k < n; k++) matrix[row * n + k] -= factor * matrix[i * n + k];
      for (let c = 0; c < columns; c++) right[row * columns + c] -= factor * right[i * columns + c];
    }
  }
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < columns; c++) right[i * columns + c] /= matrix[i * n + i];
  }
}
