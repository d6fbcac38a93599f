import { decodeRle } from '../masks/rle';
import { toParts, traceRings, type Ring } from '../masks/rings';
import type { RleMask } from '../../shared/domain/annotations';

/** How far the outermost points keep from the edges of the box, so that no rounding on the way takes them across. */
const INSET = 0.004;

/** x0, y0, x1, y1, ... of pixels. */
type Chain = number[];

/**
 * A mask as one polygon for readers that draw with OpenCV's `fillPoly`: they cut points to whole pixels, fill what lies between
 * (even-odd) and draw the outline, too. The polygon runs through the outermost pixels of the mask themselves. To holes it goes
 * along pixels of the mask, which adds none; to separate parts straight, which adds the pixels in between.
 *
 * Points lie in the middle of their pixels; those of the outermost columns and rows on the edges of the mask's box, but for
 * `INSET`, so that whoever takes the box from the points gets that of the mask.
 * @returns x0, y0, x1, y1, ... in pixels; empty for an empty mask.
 */
export function pixelOutline(mask: RleMask): Ring {
  return placed(straightened(joined(partsOf(mask))));
}

/** The same, a polygon for each part: for readers that know several polygons of one object, no pixel is added. */
export function partOutlines(mask: RleMask): Ring[] {
  return partsOf(mask).map((part) => placed(straightened(part)));
}

function partsOf(mask: RleMask): Chain[] {
  const [height, width] = mask.size;
  const inside = decodeRle(mask);
  return toParts(traceRings(inside, width, height)).map(({ outer, holes }) =>
    withHoles(pixelsAlong(outer), holes.map(pixelsAlong), inside, width, height),
  );
}

/** The pixels inside of a ring along their edges, in its order; steps are at most one pixel in each direction. */
function pixelsAlong(ring: Ring): Chain {
  const chain: Chain = [];
  for (let i = 0; i < ring.length; i += 2) {
    const j = (i + 2) % ring.length;
    const [dx, dy] = [Math.sign(ring[j] - ring[i]), Math.sign(ring[j + 1] - ring[i + 1])];
    const length = Math.abs(ring[j] - ring[i]) + Math.abs(ring[j + 1] - ring[i + 1]);
    for (let step = 0; step < length; step++) {
      // The mask lies to the right of the way.
      const x = ring[i] + dx * step - (dx < 0 || dy > 0 ? 1 : 0);
      const y = ring[i + 1] + dy * step - (dx < 0 || dy < 0 ? 1 : 0);
      const last = chain.length - 2;
      if (last < 0 || chain[last] !== x || chain[last + 1] !== y) chain.push(x, y);
    }
  }
  const last = chain.length - 2;
  if (last > 0 && chain[0] === chain[last] && chain[1] === chain[last + 1]) chain.length = last;
  return chain;
}

/** Goes from the outline to each hole, around it and back, along pixels of the mask. */
function withHoles(
  outer: Chain,
  holes: readonly Chain[],
  inside: Uint8Array,
  width: number,
  height: number,
): Chain {
  if (holes.length === 0) return outer;
  const { distance, towards } = waysTo(outer, inside, width, height);
  // By the place on the outline where they begin.
  const detours = new Map<number, Chain[]>();
  for (const hole of holes) {
    let nearest = 0;
    const distanceAt = (i: number): number => distance[hole[i + 1] * width + hole[i]];
    for (let i = 2; i < hole.length; i += 2) if (distanceAt(i) < distanceAt(nearest)) nearest = i;
    const way: Chain = [];
    let at = hole[nearest + 1] * width + hole[nearest];
    for (; distance[at] > 0; at = towards[at]) way.unshift(at % width, Math.floor(at / width));
    const around = rotated(hole, nearest);
    const back = reversed(way);
    const detour = [
      ...way,
      ...(way.length > 0 ? around.slice(2) : around),
      around[0],
      around[1],
      ...back.slice(2),
    ];
    detours.set(at, [...(detours.get(at) ?? []), detour]);
  }
  const chain: Chain = [];
  for (let i = 0; i < outer.length; i += 2) {
    const [x, y] = [outer[i], outer[i + 1]];
    chain.push(x, y);
    const at = y * width + x;
    for (const detour of detours.get(at) ?? []) chain.push(...detour, x, y);
    detours.delete(at);
  }
  return chain;
}

/** For each pixel of the mask the number of steps to the outline, and the next pixel on the way. */
function waysTo(
  outline: Chain,
  inside: Uint8Array,
  width: number,
  height: number,
): { distance: Int32Array; towards: Int32Array } {
  const distance = new Int32Array(inside.length).fill(-1);
  const towards = new Int32Array(inside.length).fill(-1);
  let front: number[] = [];
  for (let i = 0; i < outline.length; i += 2) {
    const at = outline[i + 1] * width + outline[i];
    if (distance[at] === 0) continue;
    distance[at] = 0;
    front.push(at);
  }
  while (front.length > 0) {
    const next: number[] = [];
    for (const at of front) {
      const [x, y] = [at % width, Math.floor(at / width)];
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
          const to = ny * width + nx;
          if (inside[to] === 0 || distance[to] >= 0) continue;
          distance[to] = distance[at] + 1;
          towards[to] = at;
          next.push(to);
        }
      }
    }
    front = next;
  }
  return { distance, towards };
}

interface Bridge {
  readonly length: number;
  /** Places in the chains. */
  readonly from: number;
  readonly to: number;
  /** The part that is reached already. */
  readonly part: number;
}

/** Joins parts by the shortest cuts: each time the one that is nearest to those that are joined already. */
function joined(parts: readonly Chain[]): Chain {
  if (parts.length === 0) return [];
  const bridges = parts.map((part, n) => (n === 0 ? undefined : bridgeBetween(parts[0], part, 0)));
  const left = new Set(parts.keys());
  left.delete(0);
  // What is attached to each part, by the place in its chain.
  const attached = parts.map(() => new Map<number, { part: number; at: number }[]>());
  while (left.size > 0) {
    const next = [...left].reduce((best, n) =>
      (bridges[n]?.length ?? Infinity) < (bridges[best]?.length ?? Infinity) ? n : best,
    );
    const bridge = bridges[next];
    if (!bridge) break;
    left.delete(next);
    const places = attached[bridge.part];
    places.set(bridge.from, [...(places.get(bridge.from) ?? []), { part: next, at: bridge.to }]);
    for (const n of left) {
      const other = bridgeBetween(parts[next], parts[n], next);
      if (other.length < (bridges[n]?.length ?? Infinity)) bridges[n] = other;
    }
  }
  return assembled(parts, attached);
}

/** The whole as one chain; without recursion, for parts may hang on each other in a long row. */
function assembled(
  parts: readonly Chain[],
  attached: readonly ReadonlyMap<number, readonly { part: number; at: number }[]>[],
): Chain {
  const chain: Chain = [];
  interface Visit {
    readonly part: number;
    readonly start: number;
    step: number;
    branch: number;
  }
  const stack: Visit[] = [{ part: 0, start: 0, step: 0, branch: 0 }];
  for (let visit = stack.at(-1); visit; visit = stack.at(-1)) {
    const points = parts[visit.part];
    // The first point comes again at the end, from where the way back leads.
    if (visit.step > points.length || (visit.step === points.length && stack.length === 1)) {
      stack.pop();
      continue;
    }
    const at = (visit.start + visit.step) % points.length;
    if (visit.branch === 0) chain.push(points[at], points[at + 1]);
    const branches = visit.step < points.length ? (attached[visit.part].get(at) ?? []) : [];
    if (visit.branch < branches.length) {
      if (visit.branch > 0) chain.push(points[at], points[at + 1]);
      const { part, at: start } = branches[visit.branch++];
      stack.push({ part, start, step: 0, branch: 0 });
      continue;
    }
    if (branches.length > 0) chain.push(points[at], points[at + 1]);
    visit.step += 2;
    visit.branch = 0;
  }
  return chain;
}

function bridgeBetween(a: Chain, b: Chain, part: number): Bridge {
  let best: Bridge = { length: Infinity, from: 0, to: 0, part };
  for (let i = 0; i < a.length; i += 2) {
    for (let j = 0; j < b.length; j += 2) {
      // As many pixels as a line between them has.
      const length = Math.max(Math.abs(a[i] - b[j]), Math.abs(a[i + 1] - b[j + 1]));
      if (length < best.length) best = { length, from: i, to: j, part };
    }
  }
  return best;
}

/** Without the points on straight lines; where the way turns back, its end stays. */
function straightened(chain: Chain): Chain {
  const count = chain.length / 2;
  if (count < 3) return chain;
  const kept: Chain = [];
  for (let i = 0; i < count; i++) {
    const [before, after] = [(i + count - 1) % count, (i + 1) % count];
    const [ax, ay] = [chain[2 * i] - chain[2 * before], chain[2 * i + 1] - chain[2 * before + 1]];
    const [bx, by] = [chain[2 * after] - chain[2 * i], chain[2 * after + 1] - chain[2 * i + 1]];
    // Only steps to neighbours: between parts, a line of another slope draws other pixels.
    const isStep = Math.max(Math.abs(ax), Math.abs(ay), Math.abs(bx), Math.abs(by)) <= 1;
    if (!(isStep && ax === bx && ay === by)) kept.push(chain[2 * i], chain[2 * i + 1]);
  }
  return kept;
}

/** Pixels as points in them. */
function placed(chain: Chain): Ring {
  if (chain.length === 0) return [];
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < chain.length; i += 2) {
    [left, right] = [Math.min(left, chain[i]), Math.max(right, chain[i])];
    [top, bottom] = [Math.min(top, chain[i + 1]), Math.max(bottom, chain[i + 1])];
  }
  const [x0, y0, x1, y1] = [left + INSET, top + INSET, right + 1 - INSET, bottom + 1 - INSET];
  // One pixel thick: both edges of the box are in every pixel.
  if (left === right || top === bottom) return [x0, y0, x1, y0, x1, y1, x0, y1];
  return chain.map((value, i) => {
    const [low, high] = i % 2 === 0 ? [left, right] : [top, bottom];
    if (value === low) return low + INSET;
    return value === high ? high + 1 - INSET : value + 0.5;
  });
}

function rotated(chain: Chain, start: number): Chain {
  return [...chain.slice(start), ...chain.slice(0, start)];
}

function reversed(chain: Chain): Chain {
  const back: Chain = [];
  for (let i = chain.length - 2; i >= 0; i -= 2) back.push(chain[i], chain[i + 1]);
  return back;
}
