/** A stream of numbers in [0, 1) that depends on its seed alone. */
export type Random = () => number;

/** A small, fast generator (a 32-bit Weyl sequence through an integer hash): the same seed gives the same stream everywhere. */
export function seededRandom(seed: number): Random {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    return hash32(state) / 2 ** 32;
  };
}

/** Mixes the bits of a 32-bit integer: neighbouring inputs give unrelated outputs. */
export function hash32(value: number): number {
  let h = value >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return (h ^ (h >>> 15)) >>> 0;
}

/** A number in [0, 1) that belongs to a cell of an integer grid; `salt` gives independent ones for the same cell. */
export function cellRandom(x: number, y: number, salt: number): number {
  return (
    hash32(Math.imul(x, 0x1b873593) ^ hash32(Math.imul(y, 0xcc9e2d51) ^ Math.imul(salt, 0x85ebca6b))) /
    2 ** 32
  );
}

/** Roughly normal, mean 0, standard deviation 1 (a sum of four uniform numbers). */
export function gaussian(random: Random): number {
  return (random() + random() + random() + random() - 2) * Math.sqrt(3);
}
