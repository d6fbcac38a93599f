export interface Components {
  /** [height, width]: 0 outside, else the component's number from 1. */
  readonly labels: Int32Array;
  /** Cells of component i + 1. */
  readonly areas: readonly number[];
}

/**
 * The components of the cells of a grid, square unless it has a height, for which `inside` is not 0; with 8
 * neighbours, corners connect too.
 */
export function connectedComponents(
  inside: Uint8Array,
  width: number,
  height = width,
  neighbours: 4 | 8 = 4,
): Components {
  const labels = new Int32Array(width * height);
  const areas: number[] = [];
  const stack: number[] = [];
  for (let seed = 0; seed < inside.length; seed++) {
    if (!inside[seed] || labels[seed]) continue;
    const label = areas.length + 1;
    let area = 0;
    labels[seed] = label;
    stack.push(seed);
    const visit = (cell: number): void => {
      if (!inside[cell] || labels[cell]) return;
      labels[cell] = label;
      stack.push(cell);
    };
    for (let cell = stack.pop(); cell !== undefined; cell = stack.pop()) {
      area++;
      const left = cell % width > 0;
      const right = cell % width < width - 1;
      if (left) visit(cell - 1);
      if (right) visit(cell + 1);
      for (const row of [cell - width, cell + width]) {
        if (row < 0 || row >= inside.length) continue;
        visit(row);
        if (neighbours === 8 && left) visit(row - 1);
        if (neighbours === 8 && right) visit(row + 1);
      }
    }
    areas.push(area);
  }
  return { labels, areas };
}
