/** A figure beside what it is to be. */
export interface Target {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly most: number;
  readonly digits?: number;
}

export function targetLines(targets: readonly Target[]): string {
  return targets
    .map(({ what, value, unit, most, digits = 0 }) => {
      const figures = `${value.toFixed(digits)} ${unit} (target ${most.toFixed(digits)})`;
      return `${what.padEnd(44)}${figures.padEnd(44)}${value <= most ? 'reached' : 'MISSED'}`;
    })
    .join('\n');
}
