import { expect } from 'vitest';
import type { KernelSession } from '../../kernel/client/kernelClient';
import { decodeRle, rleIou } from '../../kernel/masks/rle';
import type { Box, MaskView, VideoPoint } from '../../shared/domain/annotations';
import type { FrameIndex } from '../../shared/domain/video';

const OBJECT = 'tracked';

/**
 * Follows an object, corrects it on three later frames in three ways (a click, a brush stroke, a polygon), and propagates
 * three times more, each time over everything again: the corrected masks are still there, to the pixel, and what follows
 * is computed from them.
 * @param last the last frame that is tracked; at least 6.
 */
export async function expectCorrectionsToStay(
  session: KernelSession,
  { box, last }: { readonly box: Box; readonly last: FrameIndex },
): Promise<void> {
  const range = { first: 0, last };
  const [clicked, brushed, outlined] = [2, 4, 5] as const;
  const maskOn = async (frame: FrameIndex): Promise<MaskView> => {
    const found = (await session.request('frame/masks', { frame })).find(({ object }) => object === OBJECT);
    if (!found) throw new Error(`There is no mask on frame ${frame}.`);
    return found;
  };
  await session.request('object/addBox', { object: OBJECT, frame: 0, box });
  await session.request('session/propagate', { direction: 'forward', range });
  const tracked = await Promise.all([clicked, brushed, outlined, last].map(maskOn));

  const [x, y] = insideOf(tracked[0]);
  await session.request('object/refine', { object: OBJECT, frame: clicked, points: [{ x, y, label: 0 }] });
  const [bx, by] = insideOf(tracked[1]);
  const stroke = { kind: 'brush', mode: 'cut', points: [[bx, by]], radius: (box[3] - box[1]) / 4 } as const;
  await session.request('mask/edit', { object: OBJECT, frame: brushed, operation: stroke });
  const [x0, y0, x1, y1] = tracked[2].bbox;
  const middle = (x0 + x1) / 2;
  const points = [[middle, y0 - 8], [x1 + 8, y0 - 8], [x1 + 8, y1 + 8], [middle, y1 + 8]] as const; // prettier-ignore
  const cut = { kind: 'polygon', mode: 'cut', points } as const;
  await session.request('mask/edit', { object: OBJECT, frame: outlined, operation: cut });
  const corrected = await Promise.all([clicked, brushed, outlined].map(maskOn));
  corrected.forEach((mask, n) => {
    expect(mask.area).toBeGreaterThan(0);
    // Else nothing was corrected that could be lost.
    expect(rleIou(mask.mask, tracked[n].mask)).toBeLessThan(0.999);
  });

  const runs = [
    { direction: 'forward', range, force: true },
    { direction: 'both', range, force: true },
    { direction: 'backward', range, force: true },
  ] as const;
  for (const run of runs) {
    await session.request('session/propagate', run);
    for (const [n, frame] of [clicked, brushed, outlined].entries()) {
      const mask = await maskOn(frame);
      expect(mask.mask).toEqual(corrected[n].mask);
      expect(mask.state).toBe(corrected[n].state);
    }
  }
  // What follows was computed anew from them.
  const end = await maskOn(last);
  expect(end.stale).toBe(false);
  expect(end.mask).not.toEqual(tracked[3].mask);
}

/** A pixel of the mask near its left edge, in the middle of its height there. */
function insideOf({ mask, bbox }: MaskView): VideoPoint {
  const pixels = decodeRle(mask);
  const [, width] = mask.size;
  const [x0, y0, x1, y1] = bbox;
  const x = Math.floor(x0 + (x1 - x0) / 8);
  const rows = Array.from({ length: y1 - y0 }, (_, n) => y0 + n).filter((y) => pixels[y * width + x] === 1);
  if (rows.length === 0) throw new Error(`The mask has no pixel in column ${x}.`);
  return [x + 0.5, rows[Math.floor(rows.length / 2)] + 0.5];
}
