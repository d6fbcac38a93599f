import { seededRandom } from '../sample/random';
import type { Interval } from './estimate';

/** A mask's value, what it stands for, and the clip that it is from. */
export interface WeightedValue {
  readonly clip: string;
  readonly weight: number;
  readonly value: number;
}

const REPLICATES = 2000;

/**
 * How the weighted mean varies from one set of clips to another like these: whole clips are drawn with replacement, for the frames
 * of one clip are not independent (Davison, Hinkley, Bootstrap Methods and their Application, 1997, 3.8). Percentiles 2.5 and
 * 97.5; undefined of fewer than two clips, too narrow of a handful.
 */
export function bootstrapOverClips(values: readonly WeightedValue[], seed: number): Interval | undefined {
  const sums = new Map<string, { weight: number; total: number }>();
  for (const { clip, weight, value } of values) {
    const sum = sums.get(clip) ?? { weight: 0, total: 0 };
    sums.set(clip, { weight: sum.weight + weight, total: sum.total + weight * value });
  }
  const clips = [...sums.values()];
  if (clips.length < 2) return undefined;
  const random = seededRandom(seed);
  const means = new Float64Array(REPLICATES);
  for (let n = 0; n < REPLICATES; n++) {
    let [weight, total] = [0, 0];
    for (let k = 0; k < clips.length; k++) {
      const clip = clips[Math.floor(random() * clips.length)];
      weight += clip.weight;
      total += clip.total;
    }
    means[n] = total / weight;
  }
  means.sort();
  const at = (share: number): number => means[Math.min(REPLICATES - 1, Math.floor(share * REPLICATES))];
  return { low: at(0.025), high: at(0.975) };
}
