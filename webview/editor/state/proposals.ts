import type { RleMask } from '../../../shared/domain/annotations';
import type { FrameIndex } from '../../../shared/domain/video';
import type { Proposal } from '../../../shared/protocol/session';
import { forEachColumn } from '../geometry/rle';

/** Clicks answered, while proposals are being looked for. */
export interface Proposing {
  readonly frame: FrameIndex;
  readonly done: number;
  readonly total: number;
  readonly cancel: AbortController;
}

/** What may be objects on a frame, until they are accepted or given up. */
export interface Proposals {
  readonly frame: FrameIndex;
  /** The largest first. */
  readonly items: readonly Proposal[];
  /** The one that a click or Enter accepts: under the pointer, or chosen by the keyboard. */
  readonly at?: number;
}

/** The smallest proposal at a point: parts lie before what they are parts of. */
export function proposalAt({ items }: Proposals, x: number, y: number): number | undefined {
  const found = items.findLastIndex(({ mask, bbox: [x0, y0, x1, y1] }) => {
    if (x < x0 || x >= x1 || y < y0 || y >= y1) return false;
    return contains(mask, Math.floor(x), Math.floor(y));
  });
  return found < 0 ? undefined : found;
}

/** The proposals with another one chosen; `by` steps from the present one. */
export function stepped(proposals: Proposals, by: 1 | -1): Proposals {
  const { items, at } = proposals;
  if (items.length === 0) return proposals;
  const from = at ?? (by > 0 ? -1 : 0);
  return { ...proposals, at: (from + by + items.length) % items.length };
}

export function withPointed({ frame, items }: Proposals, at: number | undefined): Proposals {
  return { frame, items, ...(at !== undefined && { at }) };
}

/** The proposals without one that has become an object. */
export function withoutProposal({ frame, items }: Proposals, accepted: Proposal): Proposals {
  return { frame, items: items.filter((item) => item !== accepted) };
}

function contains(mask: RleMask, x: number, y: number): boolean {
  let inside = false;
  forEachColumn(mask, (column, changes) => {
    if (column === x) inside = changes.filter((row) => row <= y).length % 2 === 1;
  });
  return inside;
}
