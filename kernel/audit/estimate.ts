import { betaQuantile, studentQuantile } from './distributions';

/** What was drawn of one stratum. */
export interface StratumSample {
  /** How many there are in all. */
  readonly population: number;
  /** A value in 0..1 for each one drawn; null for one that does not count: outside of the group asked about, or undecided. */
  readonly values: readonly (number | null)[];
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface Estimate extends Interval {
  readonly value: number;
  /** How many values it rests on. */
  readonly count: number;
}

/** An estimate with what its precision depends on. */
export interface DetailedEstimate extends Estimate {
  readonly variance: number;
  readonly drawn: number;
  readonly population: number;
  /** Of freedom, of the variance. */
  readonly degrees: number;
}

const CONFIDENCE = 0.95;
const TAIL = (1 - CONFIDENCE) / 2;

/**
 * The mean over all that count of a stratified random sample without replacement, with its 95 % confidence interval; undefined
 * where nothing counts.
 *
 * Mean and variance: the separate-weights ratio estimator of a domain, linearised (Cochran, Sampling Techniques, 1977, 5A.14; Särndal,
 * Swensson, Wretman, Model Assisted Survey Sampling, 1992, 5.8), with the finite population correction of each stratum.
 *
 * The interval: Korn and Graubard, "Confidence intervals for proportions with small expected number of positive counts
 * estimated from survey data", Survey Methodology 24 (1998), 193-201: the exact interval of Clopper and Pearson for that number of
 * independent draws that would have the variance estimated. It stays within 0..1, is as skewed as a mean near 1 must be, and
 * where the variance estimated is 0, as when every mask drawn was accepted, it is that of the draws themselves ("rule of
 * three") instead of empty. Of values between 0 and 1 the binomial is the one that varies most, so that it also holds for their mean.
 */
export function estimateMean(samples: readonly StratumSample[]): DetailedEstimate | undefined {
  const strata = withTwoDraws(samples);
  let size = 0;
  let total = 0;
  let count = 0;
  for (const { population, values } of strata) {
    const weight = population / values.length;
    for (const value of values) {
      if (value === null) continue;
      size += weight;
      total += weight * value;
      count++;
    }
  }
  if (count === 0) return undefined;
  const value = clamp(total / size);
  let variance = 0;
  let uncertainty = 0;
  let population = 0;
  let drawn = 0;
  for (const stratum of strata) {
    const n = stratum.values.length;
    population += stratum.population;
    drawn += n;
    if (n < 2) continue;
    const parts = stratum.values.map((y) => (y === null ? 0 : (y - value) / size));
    const mean = parts.reduce((sum, part) => sum + part, 0) / n;
    const spread = parts.reduce((sum, part) => sum + (part - mean) ** 2, 0) / (n - 1);
    const part = ((stratum.population ** 2 * spread) / n) * (1 - n / stratum.population);
    variance += part;
    uncertainty += part ** 2 / (n - 1);
  }
  // Each stratum that the group is in takes a degree of freedom for its mean.
  const occupied = strata.filter(({ values }) => values.some((value) => value !== null)).length;
  // Satterthwaite's: few, where a stratum of few draws varies much and the others do not (Cochran 1977, 5.4).
  const effective = uncertainty > 0 ? variance ** 2 / uncertainty : Infinity;
  const degrees = Math.max(1, Math.min(count - occupied, effective));
  const estimate = { value, count, variance, drawn, population, degrees };
  return { ...estimate, ...intervalOf(estimate) };
}

type Precision = Omit<DetailedEstimate, keyof Interval>;

function intervalOf({ value, count, variance, drawn, population, degrees }: Precision): Interval {
  // What is not drawn of a group is not known; of the whole it is nothing.
  const left = 1 - drawn / population;
  if (left <= 0) return { low: value, high: value };
  const correction =
    (studentQuantile(1 - TAIL, Math.max(1, drawn - 1)) / studentQuantile(1 - TAIL, degrees)) ** 2;
  const spread = value * (1 - value);
  const draws = variance > spread * 1e-9 ? (spread / variance) * correction : count / left;
  return binomialInterval(value, draws);
}

/** Clopper's and Pearson's, of a number of draws that need not be whole. */
function binomialInterval(share: number, draws: number): Interval {
  const [hits, misses] = [draws * share, draws * (1 - share)];
  return {
    low: hits < 1e-9 ? 0 : betaQuantile(TAIL, hits, misses + 1),
    high: misses < 1e-9 ? 1 : betaQuantile(1 - TAIL, hits + 1, misses),
  };
}

/**
 * How many have to be drawn in all, in the same proportions, for an interval of this width (from its lower to its upper end); at
 * most all there are. An estimate, from what is known so far.
 */
export function drawsForWidth(estimate: DetailedEstimate, width: number): number {
  const { drawn, population, variance } = estimate;
  if (estimate.high - estimate.low <= width) return drawn;
  // Variance falls with n as 1/n - 1/N does.
  const slope = variance > 0 && drawn < population ? variance / (1 / drawn - 1 / population) : 0;
  const widthAt = (n: number): number => {
    const [count, degrees] = [estimate.count, estimate.degrees].map((now) => (now * n) / drawn);
    const variance = slope * (1 / n - 1 / population);
    const at = intervalOf({ ...estimate, count, degrees, drawn: n, variance });
    return at.high - at.low;
  };
  let [low, high] = [drawn, population];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (widthAt(middle) > width) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * A stratum of which one is drawn says nothing of how they vary: it is put together with its neighbours until there are two
 * (collapsed strata, Cochran 1977, 5A.12). Neighbours in the list should be alike.
 */
function withTwoDraws(samples: readonly StratumSample[]): StratumSample[] {
  const result: StratumSample[] = [];
  let open: StratumSample | undefined;
  for (const sample of samples) {
    const whole: StratumSample = open ? join(open, sample) : sample;
    open = isEnough(whole) ? undefined : whole;
    if (!open) result.push(whole);
  }
  if (!open) return result;
  const last = result.pop();
  return open.values.length === 0 && !last ? [] : [...result, last ? join(last, open) : open];
}

const isEnough = ({ population, values }: StratumSample): boolean =>
  values.length >= 2 || (values.length === population && population > 0);

const join = (a: StratumSample, b: StratumSample): StratumSample => ({
  population: a.population + b.population,
  values: [...a.values, ...b.values],
});

const clamp = (value: number): number => Math.min(1, Math.max(0, value));
