/** A matrix in 8 bits: a value is one of `values` times its column's scale. */
export interface QuantisedMatrix {
  readonly values: Int8Array;
  readonly scales: Float32Array;
}

const largest = 127;

/** Symmetric quantisation of [rows, columns] with a scale for each column. */
export function quantiseColumns(matrix: Float32Array, columns: number): QuantisedMatrix {
  const scales = new Float32Array(columns);
  for (let start = 0; start < matrix.length; start += columns) {
    for (let column = 0; column < columns; column++) {
      scales[column] = Math.max(scales[column], Math.abs(matrix[start + column]));
    }
  }
  // A column of zeros may have any scale but 0.
  for (let column = 0; column < columns; column++) scales[column] = (scales[column] || 1) / largest;
  const values = new Int8Array(matrix.length);
  for (let start = 0; start < matrix.length; start += columns) {
    for (let column = 0; column < columns; column++) {
      values[start + column] = Math.round(matrix[start + column] / scales[column]);
    }
  }
  return { values, scales };
}
