import type { Box, RleMask } from '../../shared/domain/annotations';
import { rleCounts, rleFromCounts } from './rle';

/** Calls back for every run of a mask in every column it crosses, left to right and top to bottom; `end` exclusive. */
function eachColumnRun(rle: RleMask, visit: (x: number, start: number, end: number) => void): void {
  const [height] = rle.size;
  let position = 0;
  rleCounts(rle).forEach((count, i) => {
    const stop = position + count;
    if (i % 2 === 1) {
      for (let at = position; at < stop;) {
        const x = Math.floor(at / height);
        const end = Math.min(stop, (x + 1) * height);
        visit(x, at - x * height, end - x * height);
        at = end;
      }
    }
    position = stop;
  });
}

/** Puts a mask together from runs of columns in the order of `eachColumnRun`. */
class ColumnRuns {
  private readonly counts: number[] = [];
  private end = 0;

  constructor(
    private readonly width: number,
    private readonly height: number,
  ) {}

  add(x: number, start: number, end: number): void {
    const from = x * this.height + start;
    const length = end - start;
    if (from === this.end && this.counts.length > 0) this.counts[this.counts.length - 1] += length;
    else this.counts.push(from - this.end, length);
    this.end = from + length;
  }

  mask(): RleMask {
    const left = this.width * this.height - this.end;
    const counts = left > 0 || this.counts.length === 0 ? [...this.counts, left] : this.counts;
    return rleFromCounts(counts, this.width, this.height);
  }
}

/** What a mask is within a part of its picture: a mask of the part's size. */
export function cropRle(rle: RleMask, [x0, y0, x1, y1]: Box): RleMask {
  const runs = new ColumnRuns(x1 - x0, y1 - y0);
  eachColumnRun(rle, (x, start, end) => {
    const [from, to] = [Math.max(start, y0), Math.min(end, y1)];
    if (x >= x0 && x < x1 && from < to) runs.add(x - x0, from - y0, to - y0);
  });
  return runs.mask();
}

/** The inverse of `cropRle`: nothing outside the part. */
export function pasteRle(rle: RleMask, [x0, y0]: Box, width: number, height: number): RleMask {
  if (rle.size[0] === height && rle.size[1] === width) return rle;
  const runs = new ColumnRuns(width, height);
  eachColumnRun(rle, (x, start, end) => runs.add(x + x0, start + y0, end + y0));
  return runs.mask();
}

/**
 * How thick what a mask shows is on the mean, in pixels: twice its area by its outline, which is a disc's radius. Pixel
 * edges are counted and taken for 4 / pi times as long as the outline, as they are around a disc.
 */
export function rleThickness(rle: RleMask): number {
  let area = 0;
  let edges = 0;
  let column = -1;
  let before: [number, number][] = [];
  let runs: [number, number][] = [];
  const overlap = (a: readonly [number, number][], b: readonly [number, number][]): number => {
    let sum = 0;
    for (let i = 0, j = 0; i < a.length && j < b.length;) {
      sum += Math.max(0, Math.min(a[i][1], b[j][1]) - Math.max(a[i][0], b[j][0]));
      if (a[i][1] < b[j][1]) i++;
      else j++;
    }
    return sum;
  };
  const close = (): void => {
    edges -= 2 * overlap(before, runs);
    before = runs;
    runs = [];
  };
  eachColumnRun(rle, (x, start, end) => {
    if (x !== column) {
      close();
      if (x !== column + 1) before = [];
      column = x;
    }
    area += end - start;
    // Its ends, and both its sides: what touches a run of the next column is taken away again.
    edges += 2 + 2 * (end - start);
    runs.push([start, end]);
  });
  close();
  return edges === 0 ? 0 : (2 * area) / (edges * (Math.PI / 4));
}
