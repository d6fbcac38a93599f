const temperature = 10_000;

/**
 * The sine encoding of a grid's cells (`PositionEmbeddingSine`, after DETR): rows in the first half of the channels,
 * columns in the second, sine and cosine in turn.
 * @returns [size * size, channels]
 */
export function sinePositions(size: number, channels: number): Float32Array {
  const half = channels / 2;
  const axis = new Float32Array(size * half);
  for (let i = 0; i < size; i++) {
    const position = ((i + 1) / (size + 1e-6)) * 2 * Math.PI;
    for (let c = 0; c < half; c++) {
      const angle = position / temperature ** ((2 * Math.floor(c / 2)) / half);
      axis[i * half + c] = c % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }
  }
  const result = new Float32Array(size * size * channels);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const at = (y * size + x) * channels;
      result.set(axis.subarray(y * half, (y + 1) * half), at);
      result.set(axis.subarray(x * half, (x + 1) * half), at + half);
    }
  }
  return result;
}

/**
 * The angles of two-dimensional rotary encoding (`compute_axial_cis`; Heo et al. 2024): each pair of channels turns
 * with the column in the first half of the pairs, with the row in the second.
 * @returns cosines and sines, [size * size, channels / 2] each.
 */
export function rotaryTables(size: number, channels: number): { cos: Float32Array; sin: Float32Array } {
  const pairs = channels / 2;
  const cos = new Float32Array(size * size * pairs);
  const sin = new Float32Array(size * size * pairs);
  for (let cell = 0; cell < size * size; cell++) {
    for (let pair = 0; pair < pairs; pair++) {
      const position = pair < pairs / 2 ? cell % size : Math.floor(cell / size);
      const angle = position / temperature ** ((4 * (pair % (pairs / 2))) / channels);
      cos[cell * pairs + pair] = Math.cos(angle);
      sin[cell * pairs + pair] = Math.sin(angle);
    }
  }
  return { cos, sin };
}

/** The wave lengths of `get_1d_sine_pe`, by which a distance in time is divided: [channels / 2]. */
export function timeWaveLengths(channels: number): number[] {
  const half = channels / 2;
  return Array.from({ length: half }, (_, c) => temperature ** ((2 * Math.floor(c / 2)) / half));
}

/** The centres of a grid's cells, 0..1: x, y of each, row by row. */
export function gridCentres(size: number): Float32Array {
  return Float32Array.from({ length: size * size * 2 }, (_, i) => {
    const cell = i >> 1;
    return ((i % 2 === 0 ? cell % size : Math.floor(cell / size)) + 0.5) / size;
  });
}
