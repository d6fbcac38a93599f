import { estimateMean } from '../../kernel/audit/estimate';
import { drawOrder, stratify, type Candidate } from '../../kernel/audit/strata';
import { seededRandom, type Random } from '../../kernel/sample/random';

/** A true IoU. */
type Distribution = (random: Random) => number;

/** Parts of probability: IoUs as audits find them, most of them 1. */
export const distributions: Readonly<Record<string, Distribution>> = {
  'beta(9, 1)': (random) => beta(9, 1, random),
  'beta(30, 2)': (random) => beta(30, 2, random),
  '50 % at 1, else beta(15, 2)': mixture([0.5, () => 1], [0.5, (random) => beta(15, 2, random)]),
  '80 % at 1, else beta(8, 2)': mixture([0.8, () => 1], [0.2, (random) => beta(8, 2, random)]),
  '95 % at 1, else beta(5, 3)': mixture([0.95, () => 1], [0.05, (random) => beta(5, 3, random)]),
  '90 % at 1, 8 % beta(12, 3), 2 % at 0': mixture(
    [0.9, () => 1],
    [0.08, (random) => beta(12, 3, random)],
    [0.02, () => 0],
  ),
  '60 % at 1, 35 % beta(20, 2), 5 % beta(1, 3)': mixture(
    [0.6, () => 1],
    [0.35, (random) => beta(20, 2, random)],
    [0.05, (random) => beta(1, 3, random)],
  ),
  '70 % beta(40, 2), 30 % beta(2, 2)': mixture(
    [0.7, (random) => beta(40, 2, random)],
    [0.3, (random) => beta(2, 2, random)],
  ),
};

export interface Coverage {
  /** The share of intervals that hold the truth. */
  readonly mean: number;
  readonly below90: number;
  readonly below75: number;
  /** The mean width of the interval of the mean. */
  readonly width: number;
  /** The true mean. */
  readonly truth: number;
}

export interface SimulationOptions {
  readonly masks: number;
  readonly draws: number;
  readonly runs: number;
  readonly seed: number;
}

/**
 * Draws samples of one made-up dataset again and again, as an audit draws them, and counts how often the intervals hold what the
 * whole dataset's figures are. Scores go with the true IoUs as those of the model do: well for bad masks, hardly for good ones.
 */
export function simulateAudits(
  distribution: Distribution,
  { masks, draws, runs, seed }: SimulationOptions,
): Coverage {
  const random = seededRandom(seed);
  const truths = Array.from({ length: masks }, () => distribution(random));
  const candidates = truths.map((iou): Candidate => {
    const state = random() < 0.1 ? 'verified' : random() < 0.9 ? 'propagated' : 'edited';
    const score = Math.min(1, Math.max(0, 0.6 * iou + 0.4 * random()));
    return { label: random() < 0.7 ? 'cat' : 'dog', state, score, area: Math.floor(1e4 * random()) };
  });
  const share = (limit: number): number => truths.filter((iou) => iou < limit).length / masks;
  const measures = [
    { of: (iou: number) => iou, truth: truths.reduce((sum, iou) => sum + iou, 0) / masks },
    { of: (iou: number) => (iou < 0.9 ? 1 : 0), truth: share(0.9) },
    { of: (iou: number) => (iou < 0.75 ? 1 : 0), truth: share(0.75) },
  ];
  const hits = measures.map(() => 0);
  let width = 0;
  for (let run = 0; run < runs; run++) {
    const strata = stratify(candidates, draws, seed + 1 + run);
    const values = strata.map((): number[] => []);
    for (const { stratum, member } of drawOrder(strata, draws)) values[stratum].push(truths[member]);
    for (const [n, { of, truth }] of measures.entries()) {
      const samples = strata.map(({ members }, k) => ({
        population: members.length,
        values: values[k].map(of),
      }));
      const estimate = estimateMean(samples);
      if (!estimate) continue;
      const { low, high } = estimate;
      if (low <= truth && truth <= high) hits[n]++;
      if (n === 0) width += high - low;
    }
  }
  const [mean, below90, below75] = hits.map((count) => count / runs);
  return { mean, below90, below75, width: width / runs, truth: measures[0].truth };
}

function mixture(...parts: readonly (readonly [share: number, part: Distribution])[]): Distribution {
  return (random) => {
    let left = random();
    for (const [share, part] of parts) {
      if (left < share) return part(random);
      left -= share;
    }
    return 1;
  };
}

/** From two gamma variables of whole shapes, which are sums of exponential ones. */
function beta(a: number, b: number, random: Random): number {
  const gamma = (shape: number): number => {
    let sum = 0;
    for (let n = 0; n < shape; n++) sum -= Math.log(1 - random());
    return sum;
  };
  const x = gamma(a);
  return x / (x + gamma(b));
}
