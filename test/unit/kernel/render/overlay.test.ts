import { describe, expect, it } from 'vitest';
import { encodeRle } from '../../../../kernel/masks/rle';
import { contactSheetFrames } from '../../../../kernel/render/contactSheet';
import { bestEncoder } from '../../../../kernel/render/encoders';
import { drawMasks, type Canvas } from '../../../../kernel/render/overlay';
import { pixelText } from '../../../../kernel/render/pixelFont';
import { placeStamp, TextPainter } from '../../../../kernel/render/text';

const object = { id: 'a', label: 'a', color: '#ff0000' };

function grey(width: number, height: number): Canvas {
  return { width, height, data: new Uint8Array(width * height * 3).fill(100) };
}

function pixel(canvas: Canvas, x: number, y: number): number[] {
  return [...canvas.data.subarray((y * canvas.width + x) * 3, (y * canvas.width + x) * 3 + 3)];
}

function rectangle(width: number, height: number, [x0, y0, x1, y1]: number[]): Uint8Array {
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return x >= x0 && x < x1 && y >= y0 && y < y1 ? 1 : 0;
  });
}

describe('drawMasks', () => {
  it('fills softly, draws a line inside the edge and a dark one outside, and nothing else', () => {
    const canvas = grey(30, 20);
    const mask = encodeRle(rectangle(30, 20, [5, 4, 17, 15]), 30, 20);
    const drawn = drawMasks(canvas, [{ object: 'a', mask }], [object], { fill: 0.5, contour: 2 });
    expect(drawn).toEqual([{ object, box: [5, 4, 17, 15] }]);
    expect(pixel(canvas, 10, 9)).toEqual([178, 50, 50]);
    expect(pixel(canvas, 5, 9)).toEqual([247, 5, 5]);
    expect(pixel(canvas, 6, 9)).toEqual([247, 5, 5]);
    expect(pixel(canvas, 7, 9)).toEqual([178, 50, 50]);
    expect(pixel(canvas, 4, 9)).toEqual([50, 50, 50]);
    expect(pixel(canvas, 17, 9)).toEqual([50, 50, 50]);
    expect(pixel(canvas, 3, 9)).toEqual([100, 100, 100]);
    expect(pixel(canvas, 18, 15)).toEqual([100, 100, 100]);
  });

  it('stays inside the frame for masks at its edges, down to one pixel', () => {
    const canvas = grey(6, 4);
    const all = encodeRle(new Uint8Array(24).fill(1), 6, 4);
    drawMasks(canvas, [{ object: 'a', mask: all }], [object], { fill: 0.5, contour: 3 });
    expect(pixel(canvas, 0, 0)).toEqual([247, 5, 5]);
    const dot = grey(1, 1);
    drawMasks(dot, [{ object: 'a', mask: encodeRle(new Uint8Array([1]), 1, 1) }], [object], {
      fill: 0.5,
      contour: 1,
    });
    expect(pixel(dot, 0, 0)).toEqual([247, 5, 5]);
  });

  it('leaves out empty masks and objects it does not know, and refuses masks of another size', () => {
    const canvas = grey(6, 4);
    const before = Uint8Array.from(canvas.data);
    const empty = encodeRle(new Uint8Array(24), 6, 4);
    const full = encodeRle(new Uint8Array(24).fill(1), 6, 4);
    const masks = [
      { object: 'a', mask: empty },
      { object: 'b', mask: full },
    ];
    expect(drawMasks(canvas, masks, [object], { fill: 0.5, contour: 1 })).toEqual([]);
    expect(canvas.data).toEqual(before);
    const other = encodeRle(new Uint8Array(24).fill(1), 4, 6);
    expect(() =>
      drawMasks(canvas, [{ object: 'a', mask: other }], [object], { fill: 0.5, contour: 1 }),
    ).toThrow(expect.objectContaining({ code: 'input/invalid' }) as Error);
  });
});

describe('text', () => {
  it('draws ink, cached, whatever the label holds', async () => {
    const painter = new TextPainter();
    const style = { size: 16, color: '#ffffff', plate: '#000000' };
    const first = painter.stamp('goat <1> & "co"', style);
    expect(painter.stamp('goat <1> & "co"', style)).toBe(first);
    const stamp = await first;
    expect(stamp.data).toHaveLength(stamp.width * stamp.height * 4);
    expect(stamp.data.some((value, i) => i % 4 === 0 && value > 200)).toBe(true);
    for (const label of ['', ' ', '\u0000\n', '\ud800', '犬 🐟', 'x'.repeat(500)]) {
      const { width, height } = await painter.stamp(label, style);
      expect(width).toBeGreaterThan(0);
      expect(height).toBeGreaterThan(0);
      expect(width).toBeLessThan(1200);
    }
  });

  it('is placed inside the canvas, cut where it does not fit', async () => {
    const stamp = await new TextPainter().stamp('a long label', {
      size: 16,
      color: '#ffffff',
      plate: '#ff0000',
    });
    for (const [width, height] of [
      [300, 100],
      [20, 10],
    ]) {
      const canvas = grey(width, height);
      placeStamp(canvas, stamp, 10_000, -50);
      expect(canvas.data.some((value) => value !== 100)).toBe(true);
    }
  });
});

describe('pixelText', () => {
  it('has a glyph of its own for each letter and digit', () => {
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789?'];
    const paths = letters.map((letter) => pixelText(letter, 0, 10, 10, '#000000'));
    expect(new Set(paths).size).toBe(letters.length);
    expect(pixelText('a', 0, 10, 10, '#000000')).toBe(paths[0]);
    expect(pixelText('犬', 0, 10, 10, '#000000')).toBe(paths.at(-1));
  });
});

describe('contactSheetFrames', () => {
  it('spreads evenly from the first to the last', () => {
    expect(contactSheetFrames({ first: 0, last: 59 }, 12)).toEqual([
      0, 5, 11, 16, 21, 27, 32, 38, 43, 48, 54, 59,
    ]);
    expect(contactSheetFrames({ first: 7, last: 9 }, 12)).toEqual([7, 8, 9]);
    expect(contactSheetFrames({ first: 4, last: 4 }, 3)).toEqual([4]);
    expect(contactSheetFrames({ first: 2, last: 90 }, 1)).toEqual([2]);
  });
});

describe('bestEncoder', () => {
  it('prefers H.264, falls back, and says what is missing', () => {
    expect(bestEncoder(new Set(['mpeg4', 'libx264']), 'ffmpeg').name).toBe('libx264');
    expect(bestEncoder(new Set(['mpeg4', 'png']), 'ffmpeg').name).toBe('mpeg4');
    expect(() => bestEncoder(new Set(['png']), '/opt/ffmpeg')).toThrow(/\/opt\/ffmpeg cannot encode video/);
  });
});
