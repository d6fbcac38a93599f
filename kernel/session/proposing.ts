import type { Box, Quality, VideoPoint } from '../../shared/domain/annotations';
import { MaskletError, throwIfAborted } from '../../shared/protocol/errors';
import type { Proposal, ProposeParams, ProposeProgress, ProposeResult } from '../../shared/protocol/session';
import { proposalLimits, suppress } from '../engine/proposals/readings';
import type { Extent } from '../engine/zoom/window';
import { rleIou } from '../masks/rle';
import type { EncodedFrames } from './encodedFrames';

/** Clicks along each side of the grid; twice as many take four times as long. */
const defaultGrid = 16;
const largestGrid = 64;
/** Clicks along each side of a block that is decoded in one go: between two of them others are answered. */
const blockSide = 4;

/** A mask with what says quickly that it cannot be like another one. */
type Shape = Pick<Proposal, 'mask' | 'area' | 'bbox'>;

/** What proposals are looked for with. */
export interface ProposingHost {
  readonly encoded: EncodedFrames;
  readonly video: Extent;
  readonly quality: Quality;
  /** Masks that stand on the frame: what they cover is an object already. */
  readonly standing: readonly Shape[];
}

/**
 * Masks of what may be objects on a frame, the largest first: the answers to a grid of single clicks on one encoding, as far
 * as the model is sure of them.
 * @throws MaskletError `input/invalid`; `cancelled`
 */
export async function proposeObjects(
  { encoded, video, quality, standing }: ProposingHost,
  { frame, grid = defaultGrid }: Pick<ProposeParams, 'frame' | 'grid'>,
  signal: AbortSignal,
  onProgress: (progress: ProposeProgress) => void,
): Promise<ProposeResult> {
  if (!Number.isInteger(grid) || grid < 1 || grid > largestGrid) {
    throw new MaskletError('input/invalid', `A grid of ${grid} by ${grid} clicks cannot be used.`, {
      hint: `Give a whole number from 1 to ${largestGrid}.`,
    });
  }
  const { model } = encoded;
  await model.load(signal);
  const view = model.zoom?.glance(video, quality);
  const known = encoded.has(frame, view);
  const started = performance.now();
  const total = grid * grid;
  onProgress({ done: 0, total });
  const seen = await encoded.get(frame, view);
  const encodeMs = known ? 0 : performance.now() - started;
  throwIfAborted(signal);
  let kept: Proposal[] = [];
  let done = 0;
  const times = { maskDecodeMs: 0, postProcessMs: 0 };
  for (const points of blocksOf(grid, video)) {
    const { proposals, stages } = await model.propose(seen, points, signal);
    times.maskDecodeMs += stages.maskDecodeMs;
    times.postProcessMs += stages.postProcessMs;
    const all = [...kept, ...proposals.map(toProposal)].sort((a, b) => b.iou - a.iou);
    kept = suppress(all, shapeOf, iouOf);
    done += points.length;
    onProgress({ done, total });
  }
  const fresh = kept.filter((found) => standing.every((mask) => iouOf(mask, found) < proposalLimits.overlap));
  return {
    frame,
    proposals: fresh.sort((a, b) => b.area - a.area),
    clicks: total,
    encodeMs,
    ...times,
    wallMs: performance.now() - started,
  };
}

/** The grid's clicks, in blocks of neighbours: most of what one finds, the others find as well. */
function blocksOf(grid: number, { width, height }: Extent): VideoPoint[][] {
  const blocks: VideoPoint[][] = [];
  for (let top = 0; top < grid; top += blockSide) {
    for (let left = 0; left < grid; left += blockSide) {
      const block: VideoPoint[] = [];
      for (let row = top; row < Math.min(grid, top + blockSide); row++) {
        for (let column = left; column < Math.min(grid, left + blockSide); column++)
          block.push([((column + 0.5) / grid) * width, ((row + 0.5) / grid) * height]);
      }
      blocks.push(block);
    }
  }
  return blocks;
}

function toProposal({ mask, area, bbox, iou, stability, point }: Proposal): Proposal {
  return { mask, area, bbox, iou, stability, point };
}

const shapeOf = ({ mask, area, bbox }: Proposal): Shape => ({ mask, area, bbox });

/** The IoU of two masks of one frame, or 0 where their boxes show that it is below the limit. */
function iouOf(a: Shape, b: Shape): number {
  const { overlap } = proposalLimits;
  const needed = (overlap / (1 + overlap)) * (a.area + b.area);
  if (Math.min(a.area, b.area, sharedArea(a.bbox, b.bbox)) < needed) return 0;
  return rleIou(a.mask, b.mask);
}

function sharedArea(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  return Math.max(0, width) * Math.max(0, height);
}
