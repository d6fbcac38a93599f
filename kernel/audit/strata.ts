import { seededRandom, type Random } from '../sample/random';

/** What a mask is sorted into strata by. */
export interface Candidate {
  readonly label: string;
  /** `verified`, else how the mask came about. */
  readonly state: string;
  /** 0..1; null where no model said. */
  readonly score: number | null;
  /** Pixels. */
  readonly area: number;
}

/** Masks that are alike, as far as can be known without looking at them. */
export interface Stratum {
  readonly name: string;
  /** Places in the list of candidates, in the order in which they are drawn. */
  readonly members: readonly number[];
}

/** Draws of each stratum that are planned for at least: fewer say too little of how the masks in it vary. */
const DRAWS_PER_STRATUM = 8;
/** Cells of fewer planned draws are not told apart by state. */
const LEAST_DRAWS = 3;

/**
 * Sorts masks into strata: by label and state, and, as far as the planned draws allow, by quarters of their scores and halves of
 * their areas. What is too rare for a stratum of its own is put with what is most like it.
 * @param draws planned.
 * @param seed the order within each stratum depends on it alone.
 */
export function stratify(candidates: readonly Candidate[], draws: number, seed: number): Stratum[] {
  const random = seededRandom(seed);
  const share = draws / Math.max(1, candidates.length);
  const everyone = candidates.map((_, index) => index);
  const strata: { name: string; members: number[] }[] = [];
  const split = (name: string, members: readonly number[]): void => {
    const expected = members.length * share;
    const byScore = Math.min(4, Math.floor(expected / DRAWS_PER_STRATUM));
    const scored = quantiles(members, byScore, (index) => candidates[index].score ?? -1);
    for (const [n, part] of scored.entries()) {
      const scoreName = scored.length > 1 ? `${name}, score ${n + 1}/${scored.length}` : name;
      const byArea = Math.min(2, Math.floor((part.length * share) / DRAWS_PER_STRATUM));
      const sized = quantiles(part, byArea, (index) => candidates[index].area);
      for (const [k, members] of sized.entries()) {
        const areaName = sized.length > 1 ? `, area ${k + 1}/${sized.length}` : '';
        strata.push({ name: scoreName + areaName, members });
      }
    }
  };
  const labels = grouped(everyone, (index) => candidates[index].label);
  const rare: number[] = [];
  for (const [label, members] of labels) {
    // Of many rare labels, a stratum each would make a sample of nothing else.
    if (members.length * share < LEAST_DRAWS && labels.length > draws / (2 * LEAST_DRAWS)) {
      rare.push(...members);
      continue;
    }
    const others: number[] = [];
    for (const [state, cell] of grouped(members, (index) => candidates[index].state)) {
      if (cell.length * share < LEAST_DRAWS) others.push(...cell);
      else split(`${label}, ${state}`, cell);
    }
    if (others.length > 0) split(others.length === members.length ? label : `${label}, other states`, others);
  }
  if (rare.length > 0) split('rare labels', rare);
  return strata.map(({ name, members }) => ({ name, members: shuffled(members, random) }));
}

/** One draw: which stratum, and which of its members. */
export interface Draw {
  readonly stratum: number;
  readonly member: number;
}

/**
 * The order in which masks are drawn: two of each stratum, then always of the stratum of which the smallest share has been
 * drawn. Whatever number of draws is taken from the start is a stratified random sample, because the number in each stratum
 * depends on the sizes alone.
 */
export function drawOrder(strata: readonly Stratum[], count: number): Draw[] {
  const taken = strata.map(() => 0);
  const draws: Draw[] = [];
  const take = (stratum: number): void => {
    draws.push({ stratum, member: strata[stratum].members[taken[stratum]++] });
  };
  for (const round of [1, 2]) {
    for (const [n, { members }] of strata.entries()) {
      if (draws.length < count && members.length >= round) take(n);
    }
  }
  while (draws.length < count) {
    let next = -1;
    let least = Infinity;
    for (const [n, { members }] of strata.entries()) {
      if (taken[n] === members.length) continue;
      const share = (taken[n] + 0.5) / members.length;
      if (share < least) [next, least] = [n, share];
    }
    if (next < 0) break;
    take(next);
  }
  return draws;
}

/** In the order in which groups first appear, after sorting by name, so that the same dataset gives the same strata. */
function grouped(members: readonly number[], key: (index: number) => string): [string, number[]][] {
  const groups = new Map<string, number[]>();
  for (const index of members) {
    const group = groups.get(key(index));
    if (group) group.push(index);
    else groups.set(key(index), [index]);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Parts of equal size by ascending value; equal values may lie in two. */
function quantiles(members: readonly number[], parts: number, value: (index: number) => number): number[][] {
  if (parts < 2) return [[...members]];
  const sorted = [...members].sort((a, b) => value(a) - value(b) || a - b);
  return Array.from({ length: parts }, (_, n) =>
    sorted.slice(Math.floor((n * sorted.length) / parts), Math.floor(((n + 1) * sorted.length) / parts)),
  );
}

/** Fisher and Yates. */
function shuffled(members: readonly number[], random: Random): number[] {
  const result = [...members];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}
