import { describe, expect, it } from 'vitest';
import { drawOrder, stratify, type Candidate } from '../../../../kernel/audit/strata';
import { seededRandom } from '../../../../kernel/sample/random';

function candidates(count: number, labels: readonly string[]): Candidate[] {
  const random = seededRandom(5);
  return Array.from({ length: count }, (_, n) => ({
    label: labels[n % labels.length],
    state: random() < 0.9 ? 'propagated' : 'verified',
    score: random() < 0.1 ? null : random(),
    area: Math.floor(random() * 1000),
  }));
}

describe('stratify', () => {
  it.each([
    { count: 5000, labels: ['a', 'b'], draws: 200 },
    { count: 300, labels: Array.from({ length: 90 }, (_, n) => `label ${n}`), draws: 60 },
    { count: 7, labels: ['a', 'b', 'c'], draws: 100 },
    { count: 1, labels: ['a'], draws: 1 },
  ])('puts each of $count masks into one stratum', ({ count, labels, draws }) => {
    const strata = stratify(candidates(count, labels), draws, 1);
    const members = strata.flatMap((stratum) => stratum.members);
    expect(members.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, n) => n));
    // Two of each stratum must leave room for more.
    expect(strata.length).toBeLessThanOrEqual(Math.max(labels.length, draws / 2));
  });

  it('depends on its seed alone', () => {
    const all = candidates(400, ['a', 'b']);
    expect(stratify(all, 100, 1)).toEqual(stratify(all, 100, 1));
    expect(stratify(all, 100, 2)).not.toEqual(stratify(all, 100, 1));
    expect(stratify([], 100, 1)).toEqual([]);
  });
});

describe('drawOrder', () => {
  it('is the start of a longer one, proportional, and each mask once', () => {
    const strata = stratify(candidates(3000, ['a', 'b', 'c']), 150, 9);
    const long = drawOrder(strata, 1000);
    expect(drawOrder(strata, 150)).toEqual(long.slice(0, 150));
    expect(new Set(long.map(({ member }) => member)).size).toBe(1000);
    for (const [n, { members }] of strata.entries()) {
      const share = long.filter(({ stratum }) => stratum === n).length / members.length;
      expect(share).toBeCloseTo(1 / 3, 1);
    }
  });

  it('ends when all are drawn', () => {
    const strata = stratify(candidates(7, ['a', 'b']), 100, 9);
    expect(drawOrder(strata, 100)).toHaveLength(7);
  });
});
