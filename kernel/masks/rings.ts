/**
 * The outline of a mask as closed polygons along the edges of its pixels. Vertices are pixel corners (whole numbers; the
 * top-left pixel has the corners 0,0 and 1,1), so that filling a ring at pixel centres gives back exactly its pixels.
 */

/** x0, y0, x1, y1, ... of the vertices, without repeating the first; outer rings run clockwise on the screen, holes against. */
export type Ring = readonly number[];

/** One connected part of a mask (pixels that share an edge), with the holes in it. */
export interface Part {
  readonly outer: Ring;
  readonly holes: readonly Ring[];
}

/** East, south, west, north. */
const STEP_X = [1, 0, -1, 0] as const;
const STEP_Y = [0, 1, 0, -1] as const;

/**
 * All rings of a mask, in the order of their topmost, then leftmost edge.
 * @param mask `width * height` bytes row by row, 0 outside.
 */
export function traceRings(mask: Uint8Array, width: number, height: number): Ring[] {
  const inside = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < width && y < height && mask[y * width + x] !== 0;
  const traced = new Uint8Array(mask.length);
  const rings: Ring[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // Every ring has an edge that runs east along the top of a pixel.
      if (traced[y * width + x] || !inside(x, y) || inside(x, y - 1)) continue;
      rings.push(followRing(x, y, width, inside, traced));
    }
  }
  return rings;
}

function followRing(
  startX: number,
  startY: number,
  width: number,
  inside: (x: number, y: number) => boolean,
  traced: Uint8Array,
): Ring {
  const ring: number[] = [];
  let [x, y, direction] = [startX, startY, 0];
  do {
    if (direction === 0) traced[y * width + x] = 1;
    x += STEP_X[direction];
    y += STEP_Y[direction];
    // The mask lies to the right of the way. Ahead of this corner are two pixels, one on either side.
    const right = { x: x + RIGHT_X[direction], y: y + RIGHT_Y[direction] };
    const left = { x: x + LEFT_X[direction], y: y + LEFT_Y[direction] };
    let turn = 0;
    if (!inside(right.x, right.y)) turn = 1;
    else if (inside(left.x, left.y)) turn = 3;
    if (turn !== 0) {
      ring.push(x, y);
      direction = (direction + turn) % 4;
    }
  } while (x !== startX || y !== startY || direction !== 0);
  return ring;
}

/** From a corner to the pixel ahead on the right of the way (named by its top-left corner), and on the left. */
const RIGHT_X = [0, -1, -1, 0] as const;
const RIGHT_Y = [0, 0, -1, -1] as const;
const LEFT_X = [0, 0, -1, -1] as const;
const LEFT_Y = [-1, 0, 0, -1] as const;

/** Twice the area in a ring; negative for a hole. */
function signedArea(ring: Ring): number {
  let sum = 0;
  for (let i = 0; i < ring.length; i += 2) {
    const j = (i + 2) % ring.length;
    sum += ring[i] * ring[j + 1] - ring[j] * ring[i + 1];
  }
  return sum;
}

/** Sorts rings into parts with their holes. */
export function toParts(rings: readonly Ring[]): Part[] {
  const parts = rings
    .filter((ring) => signedArea(ring) > 0)
    .map((outer) => ({ outer, area: signedArea(outer), box: boxOf(outer), holes: [] as Ring[] }));
  for (const hole of rings) {
    if (signedArea(hole) > 0) continue;
    const box = boxOf(hole);
    // A part that lies in another's hole is smaller than the other: the smallest ring around a hole is its own.
    let owner: (typeof parts)[number] | undefined;
    for (const part of parts) {
      if (owner && part.area >= owner.area) continue;
      if (!contains(part.box, box)) continue;
      if (surrounds(part.outer, hole)) owner = part;
    }
    owner?.holes.push(hole);
  }
  return parts.map(({ outer, holes }) => ({ outer, holes }));
}

function boxOf(ring: Ring): readonly [number, number, number, number] {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < ring.length; i += 2) {
    x0 = Math.min(x0, ring[i]);
    x1 = Math.max(x1, ring[i]);
    y0 = Math.min(y0, ring[i + 1]);
    y1 = Math.max(y1, ring[i + 1]);
  }
  return [x0, y0, x1, y1];
}

function contains(outer: readonly number[], inner: readonly number[]): boolean {
  return outer[0] <= inner[0] && outer[1] <= inner[1] && outer[2] >= inner[2] && outer[3] >= inner[3];
}

/** Whether the pixel of the mask below a hole's lowest edge lies in a ring. */
function surrounds(outer: Ring, hole: Ring): boolean {
  let lowest = 1;
  for (let i = 1; i < hole.length; i += 2) if (hole[i] > hole[lowest]) lowest = i;
  // Along a hole's lowest edge the way runs east: the pixel below its western corner is the mask's.
  let west = hole[lowest - 1];
  for (let i = 1; i < hole.length; i += 2) {
    const j = (i + 2) % hole.length;
    if (hole[i] === hole[lowest] && hole[j] === hole[lowest]) west = Math.min(hole[i - 1], hole[j - 1]);
  }
  return isInside(outer, west + 0.5, hole[lowest] + 0.5);
}

/** Even-odd rule. */
function isInside(ring: Ring, x: number, y: number): boolean {
  let inside = false;
  for (let i = 0; i < ring.length; i += 2) {
    const j = (i + 2) % ring.length;
    const [y0, y1] = [ring[i + 1], ring[j + 1]];
    if (y0 > y === y1 > y) continue;
    if (x < ring[i] + ((y - y0) / (y1 - y0)) * (ring[j] - ring[i])) inside = !inside;
  }
  return inside;
}

/**
 * Several rings as one polygon: from the first ring a cut of no width leads to the nearest vertex of each other one and
 * back. By the even-odd rule it fills exactly as the rings do together, holes and separate parts included.
 */
export function joinRings(rings: readonly Ring[]): Ring {
  if (rings.length === 0) return [];
  let joined = [...rings[0]];
  for (const ring of rings.slice(1)) {
    let at = 0;
    let nearest = Infinity;
    for (let i = 0; i < joined.length; i += 2) {
      const distance = (joined[i] - ring[0]) ** 2 + (joined[i + 1] - ring[1]) ** 2;
      if (distance < nearest) [nearest, at] = [distance, i];
    }
    joined = [
      ...joined.slice(0, at + 2),
      ...ring,
      ring[0],
      ring[1],
      joined[at],
      joined[at + 1],
      ...joined.slice(at + 2),
    ];
  }
  return joined;
}
