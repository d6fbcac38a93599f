/** An affine map of vectors, y = x A + b. */
export interface Affine {
  /** A: [inputs, outputs], row by row. */
  readonly matrix: Float32Array;
  /** b: [outputs]. */
  readonly bias: Float32Array;
  readonly inputs: number;
  readonly outputs: number;
}

/** `first` and then `second`, as one map. */
export function joined(first: Affine, second: Affine): Affine {
  const { inputs } = first;
  const { outputs } = second;
  const matrix = new Float32Array(inputs * outputs);
  for (let i = 0; i < inputs; i++) {
    const row = first.matrix.subarray(i * first.outputs, (i + 1) * first.outputs);
    matrix.set(timesMatrix(row, second), i * outputs);
  }
  const bias = timesMatrix(first.bias, second);
  return { matrix, bias: Float32Array.from(bias, (value, i) => value + second.bias[i]), inputs, outputs };
}

function timesMatrix(row: Float32Array, { matrix, outputs }: Affine): Float64Array {
  const sums = new Float64Array(outputs);
  row.forEach((factor, k) => {
    for (let j = 0; j < outputs; j++) sums[j] += factor * matrix[k * outputs + j];
  });
  return sums;
}

/** A matrix of `rows` x `columns` as one of `columns` x `rows`. */
export function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      turned[column * rows + row] = values[row * columns + column];
    }
  }
  return turned;
}
