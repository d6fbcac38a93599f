import { rleCounts } from '../../masks/rle';
import type { RleMask } from '../../../shared/domain/annotations';

/**
 * A mask averaged over the cells of a square grid stretched over the video: [grid, grid] row-major, 0..1, each value
 * the exact share of its cell's area that the mask covers. Computed from the run lengths, so that a large mask costs
 * little more than its outline.
 */
export function maskCoverage(rle: RleMask, grid: number): Float32Array {
  const [height, width] = rle.size;
  const cells = new Float64Array(grid * grid);
  const rowShares = new Float64Array(grid);
  const addColumn = (column: number): void => {
    const left = (column * grid) / width;
    const right = ((column + 1) * grid) / width;
    const lastX = Math.min(grid - 1, Math.ceil(right) - 1);
    for (let x = Math.floor(left); x <= lastX; x++) {
      const share = Math.min(right, x + 1) - Math.max(left, x);
      for (let y = 0; y < grid; y++) cells[y * grid + x] += share * rowShares[y];
    }
  };

  let position = 0;
  let openColumn = -1;
  const counts = rleCounts(rle);
  for (let run = 0; run < counts.length; run++) {
    const end = position + counts[run];
    if (run % 2 === 1) {
      for (let start = position; start < end;) {
        const column = Math.floor(start / height);
        if (column !== openColumn) {
          if (openColumn >= 0) addColumn(openColumn);
          rowShares.fill(0);
          openColumn = column;
        }
        const stop = Math.min(end, (column + 1) * height);
        addSegment(
          rowShares,
          ((start - column * height) * grid) / height,
          ((stop - column * height) * grid) / height,
        );
        start = stop;
      }
    }
    position = end;
  }
  if (openColumn >= 0) addColumn(openColumn);
  return Float32Array.from(cells, (value) => Math.min(1, value));
}

/** Adds to each unit cell the length that it shares with [from, to). */
function addSegment(shares: Float64Array, from: number, to: number): void {
  const last = Math.min(shares.length - 1, Math.ceil(to) - 1);
  for (let y = Math.floor(from); y <= last; y++) shares[y] += Math.min(to, y + 1) - Math.max(from, y);
}
