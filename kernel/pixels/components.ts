export interface Components {
  /** [size, size]: 0 outside, else the component's number from 1. */
  readonly labels: Int32Array;
  /** Cells of component i + 1. */
  readonly areas: readonly number[];
}

/** The 4-connected components of the cells of a square grid for which `inside` is not 0. */
export function connectedComponents(inside: Uint8Array, size: number): Components {
  const labels = new Int32Array(size * size);
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
      const x = cell % size;
      if (x > 0) visit(cell - 1);
      if (x < size - 1) visit(cell + 1);
      if (cell >= size) visit(cell - size);
      if (cell < size * (size - 1)) visit(cell + size);
    }
    areas.push(area);
  }
  return { labels, areas };
}
