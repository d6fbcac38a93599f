/** The most that two results may differ, in their own units. */
export const tolerance = 1e-3;
/** The same for features, which may be in the tens of thousands, where float32 itself is no finer: a share of the largest. */
const featureTolerance = 1e-5;

/** How far one kind of result is from the reference, over all frames and objects of a component or scenario. */
export interface Difference {
  readonly name: string;
  values: number;
  maxAbsolute: number;
  /** The reference's largest magnitude. */
  scale: number;
  readonly features: boolean;
}

/** Gathers differences by name and says whether all are within tolerance. */
export class Report {
  private readonly differences = new Map<string, Difference>();
  readonly failures: string[] = [];

  /** @param features whether these are a network's features, in units of nothing. */
  compare(name: string, found: ArrayLike<number>, expected: ArrayLike<number>, features = false): void {
    let entry = this.differences.get(name);
    if (!entry) {
      entry = { name, values: 0, maxAbsolute: 0, scale: 0, features };
      this.differences.set(name, entry);
    }
    if (found.length !== expected.length) {
      this.fail(`${name}: ${found.length} values instead of ${expected.length}`);
      return;
    }
    entry.values += expected.length;
    for (let i = 0; i < expected.length; i++) {
      const away = Math.abs(found[i] - expected[i]);
      // NaN compares with nothing.
      entry.maxAbsolute = Math.max(entry.maxAbsolute, Number.isNaN(away) ? Infinity : away);
      entry.scale = Math.max(entry.scale, Math.abs(expected[i]));
    }
  }

  fail(reason: string): void {
    this.failures.push(reason);
  }

  get rows(): readonly Difference[] {
    return [...this.differences.values()];
  }

  get passed(): boolean {
    return this.failures.length === 0 && this.rows.every(isNear);
  }
}

function isNear({ maxAbsolute, scale, features }: Difference): boolean {
  return maxAbsolute <= Math.max(tolerance, features ? featureTolerance * scale : 0);
}

/** Relative differences are to the reference's largest magnitude. */
export function formatRow(difference: Difference): string {
  const { name, values, maxAbsolute, scale } = difference;
  const relative = maxAbsolute / (scale || 1);
  const verdict = isNear(difference) ? 'ok' : 'TOO FAR';
  const numbers = [maxAbsolute, relative].map((value) => value.toExponential(2).padStart(10)).join(' ');
  return `${name.padEnd(64)} ${String(values).padStart(9)} ${numbers}  ${verdict}`;
}

export const header = `${'result'.padEnd(64)} ${'values'.padStart(9)} ${'max abs'.padStart(10)} ${'max rel'.padStart(10)}`;
