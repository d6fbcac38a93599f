import { describe, expect, it } from 'vitest';
import { bootstrapOverClips } from '../../../../kernel/audit/clipBootstrap';
import { betaQuantile, incompleteBeta, studentQuantile } from '../../../../kernel/audit/distributions';
import { drawsForWidth, estimateMean } from '../../../../kernel/audit/estimate';
import { distributions, simulateAudits } from '../../../support/auditSimulation';

describe('distributions', () => {
  it('has the quantiles of tables', () => {
    expect(studentQuantile(0.975, 1)).toBeCloseTo(12.7062, 3);
    expect(studentQuantile(0.975, 10)).toBeCloseTo(2.22814, 4);
    expect(studentQuantile(0.975, 1e6)).toBeCloseTo(1.95997, 4);
    // The share of none in ten, after Clopper and Pearson: 1 - 0.025^(1/10).
    expect(betaQuantile(0.975, 1, 10)).toBeCloseTo(1 - 0.025 ** 0.1, 10);
    expect(incompleteBeta(0.3, 2, 3)).toBeCloseTo(0.3483, 10);
    expect(incompleteBeta(0.5, 5000, 5000)).toBeCloseTo(0.5, 8);
  });
});

describe('estimateMean', () => {
  it('weighs strata by their sizes, whatever was drawn of each', () => {
    const estimate = estimateMean([
      { population: 900, values: [1, 1, 1, 0.9, 1, 1] },
      { population: 100, values: [0, 0.5, 0.2, 0.1] },
    ])!;
    expect(estimate.value).toBeCloseTo(0.9 * (5.9 / 6) + 0.1 * 0.2, 12);
    // Cochran 5.6: the sum over strata of W^2 (1 - f) s^2 / n.
    const first = 0.81 * (1 - 6 / 900) * (1 / 600 / 6);
    const second = 0.01 * (1 - 4 / 100) * (0.14 / 3 / 4);
    expect(estimate.variance).toBeCloseTo(first + second, 10);
    expect(estimate.low).toBeLessThan(estimate.value);
    expect(estimate.high).toBeGreaterThan(estimate.value);
    expect(estimate.high).toBeLessThanOrEqual(1);
  });

  it('has a true interval where all drawn are alike', () => {
    const { value, low, high } = estimateMean([{ population: 100_000, values: Array<number>(100).fill(1) }])!;
    expect(value).toBe(1);
    expect(high).toBe(1);
    // As many failures as one would miss in 100 draws once in 40 times.
    expect(low).toBeCloseTo(0.025 ** (1 / 100), 3);
  });

  it('leaves nothing open where all were drawn', () => {
    const estimate = estimateMean([{ population: 3, values: [1, 0.5, 0.9] }])!;
    expect([estimate.low, estimate.high]).toEqual([estimate.value, estimate.value]);
  });

  it('estimates a group by those of it that were drawn', () => {
    const estimate = estimateMean([
      { population: 500, values: [0.8, null, 0.6, null] },
      { population: 10, values: [null, null] },
    ])!;
    expect(estimate.value).toBeCloseTo(0.7, 12);
    expect(estimate.count).toBe(2);
    expect(estimateMean([{ population: 10, values: [null, null] }])).toBeUndefined();
    expect(estimateMean([])).toBeUndefined();
  });

  it('puts strata with one draw or none together with their neighbours', () => {
    const estimate = estimateMean([
      { population: 50, values: [1] },
      { population: 50, values: [0.5] },
      { population: 100, values: [] },
    ])!;
    expect(estimate.value).toBeCloseTo(0.75, 12);
    expect(estimate.variance).toBeGreaterThan(0);
  });

  it('says how many draws a width takes', () => {
    const values = Array.from({ length: 60 }, (_, n) => (n % 3 === 0 ? 0.7 : 1));
    const estimate = estimateMean([{ population: 10_000, values }])!;
    const needed = drawsForWidth(estimate, 0.02);
    expect(needed).toBeGreaterThan(500);
    expect(needed).toBeLessThan(1200);
    const more = Array.from({ length: needed }, (_, n) => (n % 3 === 0 ? 0.7 : 1));
    const { low, high } = estimateMean([{ population: 10_000, values: more }])!;
    expect(high - low).toBeLessThan(0.0205);
    expect(high - low).toBeGreaterThan(0.0195);
    expect(drawsForWidth(estimate, 0.5)).toBe(60);
    expect(drawsForWidth(estimate, 1e-9)).toBe(10_000);
  });

  it.each(Object.entries(distributions))('covers the true mean of %s', (name, distribution) => {
    const { mean, below75 } = simulateAudits(distribution, { masks: 2000, draws: 200, runs: 150, seed: 7 });
    // 150 runs of 95 %: six standard errors would be 0.107. The bench does 1,000.
    expect(mean, name).toBeGreaterThan(0.88);
    expect(below75, name).toBeGreaterThan(0.88);
    if (name.startsWith('beta')) expect(mean).toBeLessThan(1);
  });
});

describe('bootstrapOverClips', () => {
  it('is as wide as clips differ, not as frames do', () => {
    const values = [0.95, 0.6, 0.9, 0.7, 0.8, 1].flatMap((value, clip) =>
      Array.from({ length: 50 }, () => ({ clip: String(clip), weight: 1, value })),
    );
    const { low, high } = bootstrapOverClips(values, 3)!;
    expect(high - low).toBeGreaterThan(0.15);
    expect(low).toBeGreaterThan(0.6);
    expect(bootstrapOverClips(values, 3)).toEqual({ low, high });
    expect(bootstrapOverClips(values.slice(0, 50), 3)).toBeUndefined();
  });
});
