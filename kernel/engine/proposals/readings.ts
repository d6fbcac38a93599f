// kernel/engine/proposals/: which of the masks that a grid of clicks gives are worth proposing.
/**
 * What is kept of the masks that a grid of single clicks gives, as in the automatic mask generation of Segment Anything
 * (Kirillov et al., "Segment Anything", ICCV 2023, appendix B): those that the model is sure of, that hardly depend on the
 * threshold, and that no better one covers.
 */

/** The decoder's readings of one click. */
export interface ClickReadings {
  /** Logits [side, side] each, above 0 inside. */
  readonly logits: readonly Float32Array[];
  /** Predicted IoU, 0..1. */
  readonly iou: readonly number[];
}

/** One reading of one click that is worth proposing. */
export interface Reading {
  /** Which of the clicks it is of. */
  readonly click: number;
  readonly logits: Float32Array;
  readonly iou: number;
  readonly stability: number;
}

/**
 * Below what SAM 2's own generator takes by default (0.8 and 0.95): that leaves out the animals of half the DAVIS sequences,
 * and somebody looks at what is proposed.
 */
export const proposalLimits = {
  /** Predicted IoU from which a mask is proposed. */
  iou: 0.7,
  /** The same of its stability. */
  stability: 0.75,
  /** How far the threshold is moved to see how stable a mask is, in logits. */
  offset: 1,
  /** IoU from which two masks are the same. */
  overlap: 0.7,
} as const;

/**
 * IoU of the masks with the threshold a little higher and a little lower: the one lies within the other.
 * @returns 0..1; 0 where there is no mask.
 */
export function stabilityOf(logits: Float32Array, offset: number = proposalLimits.offset): number {
  let inner = 0;
  let outer = 0;
  for (const value of logits) {
    if (value > offset) inner++;
    if (value > -offset) outer++;
  }
  return outer === 0 ? 0 : inner / outer;
}

/** The readings of several clicks that are worth proposing, the best first, each unlike those before it. */
export function judge(clicks: readonly ClickReadings[]): Reading[] {
  const good: Reading[] = [];
  clicks.forEach(({ logits, iou }, click) =>
    logits.forEach((map, n) => {
      if (!(iou[n] >= proposalLimits.iou)) return;
      const stability = stabilityOf(map);
      if (stability < proposalLimits.stability) return;
      good.push({ click, logits: map, iou: Math.min(1, iou[n]), stability });
    }),
  );
  return suppress(
    good.sort((a, b) => b.iou - a.iou),
    ({ logits }) => cellsOf(logits),
    cellsIou,
  );
}

/**
 * Non-maximum suppression: leaves out what overlaps with something before it.
 * @param items the best first.
 * @param shapeOf what `iou` compares; asked for once for each item.
 */
export function suppress<T, Shape>(
  items: readonly T[],
  shapeOf: (item: T) => Shape,
  iou: (a: Shape, b: Shape) => number,
  overlap: number = proposalLimits.overlap,
): T[] {
  const kept: { readonly item: T; readonly shape: Shape }[] = [];
  for (const item of items) {
    const shape = shapeOf(item);
    if (kept.every((other) => iou(other.shape, shape) < overlap)) kept.push({ item, shape });
  }
  return kept.map(({ item }) => item);
}

/** A mask on the decoder's grid: a bit for each cell, and how many are set. */
interface Cells {
  readonly bits: Uint32Array;
  readonly area: number;
}

function cellsOf(logits: Float32Array): Cells {
  const bits = new Uint32Array(Math.ceil(logits.length / 32));
  let area = 0;
  for (let i = 0; i < logits.length; i++) {
    if (logits[i] <= 0) continue;
    bits[i >>> 5] |= 1 << (i & 31);
    area++;
  }
  return { bits, area };
}

function cellsIou(a: Cells, b: Cells): number {
  const [smaller, larger] = [Math.min(a.area, b.area), Math.max(a.area, b.area)];
  // The IoU is at most the ratio of the areas.
  if (smaller < larger * proposalLimits.overlap) return 0;
  let both = 0;
  for (let i = 0; i < a.bits.length; i++) both += bitCount(a.bits[i] & b.bits[i]);
  return both / (a.area + b.area - both);
}

/** Of a 32-bit number; after Hamming's method of adding neighbours in parallel. */
function bitCount(bits: number): number {
  let n = bits - ((bits >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
