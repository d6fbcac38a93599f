import { describe, expect, it } from 'vitest';
import { encodeRle } from '../../../../kernel/masks/rle';
import type { Box, MaskRecord } from '../../../../shared/domain/annotations';
import { loneBox } from '../../../../kernel/review/boxAgreement';
import { Review } from '../../../../kernel/review/review';

const [WIDTH, HEIGHT] = [200, 60];

/** A tracked square. */
function tracked(frame: number, x: number, size: number, change: Partial<MaskRecord> = {}): MaskRecord {
  const pixels = new Uint8Array(WIDTH * HEIGHT);
  for (let y = 10; y < 10 + size; y++) pixels.fill(1, y * WIDTH + x, y * WIDTH + x + size);
  return {
    object: 'a',
    frame,
    pts: frame,
    mask: encodeRle(pixels, WIDTH, HEIGHT),
    bbox: size === 0 ? [0, 0, 0, 0] : [x, 10, x + size, 10 + size],
    area: size * size,
    iou: 0.9,
    objectScore: 0.95,
    state: 'propagated',
    verified: false,
    provenance: null,
    ...change,
  };
}

/** A square that moves a pixel a frame. */
const calm = (frames: number): MaskRecord[] =>
  Array.from({ length: frames }, (_, n) => tracked(n, 10 + n, 20));
const reasonsOf = async (masks: readonly MaskRecord[]): Promise<Record<number, readonly string[]>> =>
  Object.fromEntries((await new Review().run([masks])).map(({ frame, reasons }) => [frame, reasons]));

describe('suspicious frames', () => {
  it('are none where an object moves calmly', async () => {
    expect(await reasonsOf(calm(40))).toEqual({});
  });

  it('are those with low scores, unless somebody decided them', async () => {
    const masks = calm(8);
    masks[2] = tracked(2, 12, 20, { iou: 0.4 });
    masks[3] = tracked(3, 13, 20, { objectScore: 0.1, iou: null });
    masks[4] = tracked(4, 14, 20, { iou: 0.2, verified: true });
    masks[5] = tracked(5, 15, 20, { iou: 0.2, state: 'edited' });
    masks[6] = tracked(6, 16, 20, { iou: 0.2, state: 'prompted' });
    expect(await reasonsOf(masks)).toEqual({ 2: ['low-iou'], 3: ['low-object-score'] });
  });

  it('are those whose mask does not fill the box that it was made from, until somebody verifies it', async () => {
    const masks = calm(4).map((mask) => ({ ...mask, state: 'prompted' as const }));
    masks[3] = { ...masks[3], verified: true };
    const box = (x: number): Box => [x, 10, x + 20, 30];
    const boxes = [box(10), box(200), undefined, box(200)];
    const found = await new Review().run([masks], undefined, ({ frame }) => boxes[frame]);
    expect(found).toEqual([{ object: 'a', frame: 1, reasons: ['box-disagreement'] }]);
    const prompt = { object: 'a', frame: 0, points: [], box: box(1) };
    expect(loneBox(prompt)).toEqual(box(1));
    expect(loneBox({ ...prompt, points: [{ x: 1, y: 1, label: 1 }] })).toBeUndefined();
  });

  it('are those where area or place change at once', async () => {
    const masks = calm(12);
    masks[5] = tracked(5, 15, 35);
    masks[9] = tracked(9, 150, 20);
    const reasons = await reasonsOf(masks);
    expect(reasons[5]).toContain('area-jump');
    expect(reasons[6]).toContain('area-jump');
    expect(reasons[9]).toEqual(['position-jump', 'low-overlap']);
    expect(reasons[8]).toBeUndefined();
  });

  it('are not those of an object that is always quick', async () => {
    const quick = Array.from({ length: 12 }, (_, n) => tracked(n, n * 14, 20));
    expect(await reasonsOf(quick)).toEqual({});
  });

  it('are those on which an object vanishes and comes back, once each', async () => {
    const masks = calm(9);
    for (const n of [4, 5, 6]) masks[n] = tracked(n, 0, 0, { state: 'absent', iou: 0, objectScore: 0 });
    expect(await reasonsOf(masks)).toEqual({ 4: ['appears-or-vanishes'], 7: ['appears-or-vanishes'] });
  });

  it('does not compare across a gap', async () => {
    const masks = [...calm(5), tracked(30, 150, 20), tracked(31, 151, 20)];
    expect(await reasonsOf(masks)).toEqual({});
  });

  it('are those where tracking backward gave quite another mask than forward did', async () => {
    const way = (direction: 'forward' | 'backward') => ({
      provenance: { model: 'm', modelSha256: 's', revision: 'r', direction },
    });
    const review = new Review();
    const forward: MaskRecord[] = calm(10).map((mask) => ({ ...mask, ...way('forward') }));
    const backward: MaskRecord[] = calm(10).map((mask) => ({ ...mask, ...way('backward') }));
    forward[4] = tracked(4, 120, 20, way('forward'));
    forward[6] = tracked(6, 17, 20, way('forward'));
    const again = backward.map((mask) => ({ ...mask }));
    forward.forEach((mask, n) => review.note(backward[n], mask));
    expect(await review.run([backward])).toEqual([
      { object: 'a', frame: 4, reasons: ['direction-disagreement'] },
    ]);
    // Computed again the same way, it is still so; without the other direction there is nothing to compare.
    again.forEach((mask, n) => review.note(mask, backward[n]));
    expect((await review.run([again])).map(({ frame }) => frame)).toEqual([4]);
    expect(await new Review().run([backward])).toEqual([]);
    review.note(again[5], tracked(5, 120, 20));
    expect((await review.run([again])).map(({ frame }) => frame)).toEqual([4]);
  });

  it('stops when asked to, and sees a mask that was replaced', async () => {
    const review = new Review();
    const masks = calm(6);
    expect(await review.run([masks])).toEqual([]);
    masks[3] = tracked(3, 150, 20);
    expect((await review.run([masks])).map(({ frame }) => frame)).toEqual([3, 4]);
    const many = Array.from({ length: 60 }, (_, n) =>
      calm(100).map((mask) => ({ ...mask, object: `o${n}` })),
    );
    await expect(review.run(many, AbortSignal.abort())).rejects.toThrow('Cancelled');
  });
});
