import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRle, encodeRle, rleIou } from '../../../../../kernel/masks/rle';
import { fillHoles, grow, removeSpecks, shrink } from '../../../../../kernel/pixels/edit/cleanUp';
import { distanceTo, signedDistance } from '../../../../../kernel/pixels/edit/distance';
import { drawStroke, fillPolygon, type Bitmap } from '../../../../../kernel/pixels/edit/draw';
import { editMask } from '../../../../../kernel/pixels/edit/editMask';
import type { RleMask } from '../../../../../shared/domain/annotations';
import { contoursOf } from '../../../../../webview/editor/geometry/contours';
import { interpolateMasks } from '../../../../../kernel/pixels/edit/interpolate';

/** A bitmap from rows of `#` and anything else. */
function bitmap(...rows: readonly string[]): Bitmap {
  const data = Uint8Array.from(rows.join(''), (character) => (character === '#' ? 1 : 0));
  return { data, width: rows[0].length, height: rows.length };
}

function rowsOf({ data, width, height }: Bitmap): string[] {
  return Array.from({ length: height }, (_, y) =>
    Array.from(data.subarray(y * width, (y + 1) * width), (value) => (value ? '#' : '.')).join(''),
  );
}

const anyBitmap = fc
  .record({ width: fc.integer({ min: 1, max: 13 }), height: fc.integer({ min: 1, max: 13 }) })
  .chain(({ width, height }) =>
    fc
      .array(fc.integer({ min: 0, max: 5 }), { minLength: width * height, maxLength: width * height })
      .map((values): Bitmap => ({
        data: Uint8Array.from(values, (value) => (value === 0 ? 1 : 0)),
        width,
        height,
      })),
  );

function disc(width: number, height: number, cx: number, cy: number, r: number): Uint8Array {
  return Uint8Array.from({ length: width * height }, (_, i) =>
    Math.hypot((i % width) + 0.5 - cx, Math.floor(i / width) + 0.5 - cy) <= r ? 1 : 0,
  );
}

describe('distances', () => {
  it('are those of the nearest pixel', () => {
    fc.assert(
      fc.property(anyBitmap, ({ data, width, height }) => {
        const found = distanceTo(data, width, height);
        for (let i = 0; i < data.length; i++) {
          let nearest = Infinity;
          data.forEach((value, j) => {
            const dx = (i % width) - (j % width);
            const dy = Math.floor(i / width) - Math.floor(j / width);
            if (value) nearest = Math.min(nearest, Math.hypot(dx, dy));
          });
          if (nearest === Infinity) expect(found[i]).toBe(Infinity);
          else expect(found[i]).toBeCloseTo(nearest, 9);
        }
      }),
    );
  });

  it('are above 0 inside and below 0 outside, also of a mask without background', () => {
    const { data, width, height } = bitmap('...', '.#.', '...');
    expect([...signedDistance(data, width, height)].map((d) => Math.sign(d))).toEqual([
      -1, -1, -1, -1, 1, -1, -1, -1, -1,
    ]);
    expect(Math.min(...signedDistance(new Uint8Array(6).fill(1), 3, 2))).toBeGreaterThan(0);
  });
});

describe('drawing', () => {
  it('covers the pixels whose centres the brush passes over', () => {
    const drawn = bitmap('........', '........', '........', '........', '........');
    drawStroke(
      drawn,
      [
        [2, 2.5],
        [6, 2.5],
      ],
      1.2,
      1,
    );
    expect(rowsOf(drawn)).toEqual(['........', '.######.', '.######.', '.######.', '........']);
  });

  it('leaves an unbroken line, however thin the brush, and stays within the picture', () => {
    const coordinate = fc.double({ min: -3, max: 12, noNaN: true });
    fc.assert(
      fc.property(fc.tuple(coordinate, coordinate, coordinate, coordinate), ([ax, ay, bx, by]) => {
        const drawn: Bitmap = { data: new Uint8Array(81), width: 9, height: 9 };
        drawStroke(
          drawn,
          [
            [ax, ay],
            [bx, by],
          ],
          0.01,
          1,
        );
        for (let t = 0; t <= 1; t += 0.01) {
          const x = Math.floor(ax + t * (bx - ax));
          const y = Math.floor(ay + t * (by - ay));
          if (x < 0 || y < 0 || x > 8 || y > 8) continue;
          const near = [0, 1, 2, 3, 4, 5, 6, 7, 8].some((k) => {
            const nx = x + (k % 3) - 1;
            const ny = y + Math.floor(k / 3) - 1;
            return nx >= 0 && ny >= 0 && nx < 9 && ny < 9 && drawn.data[ny * 9 + nx] === 1;
          });
          expect(near).toBe(true);
        }
      }),
    );
  });

  it('fills a polygon at pixel centres and cuts one out again', () => {
    const drawn = bitmap('......', '......', '......', '......');
    const square = [
      [1, 1],
      [5, 1],
      [5, 3],
      [1, 3],
    ] as const;
    fillPolygon(drawn, square, 1);
    expect(rowsOf(drawn)).toEqual(['......', '.####.', '.####.', '......']);
    fillPolygon(drawn, [...square].reverse(), 0);
    expect(drawn.data.some(Boolean)).toBe(false);
  });

  it('fills what a lasso encloses twice, and a polygon that reaches beyond the picture', () => {
    const twice = bitmap('....', '....', '....');
    const loop = [
      [1, 0],
      [3, 0],
      [3, 3],
      [1, 3],
    ] as const;
    fillPolygon(twice, [...loop, ...loop], 1);
    expect(rowsOf(twice)).toEqual(['.##.', '.##.', '.##.']);
    const beyond = bitmap('..', '..');
    fillPolygon(
      beyond,
      [
        [-50, -50],
        [60, -50],
        [0, 90],
      ],
      1,
    );
    expect(rowsOf(beyond)).toEqual(['##', '##']);
  });
});

describe('an outline', () => {
  const ringsOf = (mask: RleMask): [number, number][][] => {
    const { corners, starts } = contoursOf(mask);
    return [...starts.slice(0, -1)].map((start, ring) =>
      Array.from({ length: starts[ring + 1] - start }, (_, i) => [
        corners[(start + i) * 2],
        corners[(start + i) * 2 + 1],
      ]),
    );
  };

  it('along the pixels of any mask, with its holes and islands, gives the mask back', () => {
    fc.assert(
      fc.property(anyBitmap, ({ data, width, height }) => {
        const mask = encodeRle(data, width, height);
        const rings = ringsOf(mask);
        if (rings.length === 0) return;
        const other = encodeRle(new Uint8Array(width * height).fill(1), width, height);
        expect(editMask(other, { kind: 'outline', rings }).mask).toEqual(mask);
      }),
    );
  });
});

describe('cleaning up', () => {
  it('fills holes that the mask encloses, and only those smaller than a size', () => {
    const rows = ['######', '#....#', '#....#', '####.#', '.#.###', '.#####'];
    const all = bitmap(...rows);
    fillHoles(all);
    expect(rowsOf(all)).toEqual(['######', '######', '######', '######', '.#####', '.#####']);
    const small = bitmap(...rows);
    fillHoles(small, 2);
    expect(rowsOf(small)).toEqual(['######', '#....#', '#....#', '####.#', '.#####', '.#####']);
  });

  it('takes specks away but never the largest island', () => {
    const specks = bitmap('##...#', '##....', '....##');
    removeSpecks(specks, 3);
    expect(rowsOf(specks)).toEqual(['##....', '##....', '......']);
    removeSpecks(specks, 100);
    expect(rowsOf(specks)).toEqual(['##....', '##....', '......']);
  });

  it('grows and shrinks by a disc; the edge of the picture is no background', () => {
    const grown = bitmap('.....', '.....', '..#..', '.....', '.....');
    grow(grown, 1);
    expect(rowsOf(grown)).toEqual(['.....', '..#..', '.###.', '..#..', '.....']);
    const edge = bitmap('###..', '###..', '###..');
    shrink(edge, 1);
    expect(rowsOf(edge)).toEqual(['##...', '##...', '##...']);
  });

  it('is inverse to itself from without and within', () => {
    fc.assert(
      fc.property(anyBitmap, fc.integer({ min: 1, max: 3 }), ({ data, width, height }, pixels) => {
        const grown = { data: data.slice(), width, height };
        grow(grown, pixels);
        const complement = { data: data.map((value) => 1 - value), width, height };
        shrink(complement, pixels);
        expect([...grown.data]).toEqual([...complement.data].map((value) => 1 - value));
      }),
    );
  });
});

describe('an edit', () => {
  it('measures what it made', () => {
    const before = encodeRle(new Uint8Array(20 * 10), 20, 10);
    const drawn = editMask(before, {
      kind: 'polygon',
      mode: 'add',
      points: [
        [2, 3],
        [12, 3],
        [12, 9],
        [2, 9],
      ],
    });
    expect(drawn).toMatchObject({ area: 60, bbox: [2, 3, 12, 9] });
    const cut = editMask(drawn.mask, { kind: 'brush', mode: 'cut', points: [[7, 6]], radius: 20 });
    expect(cut).toMatchObject({ area: 0, bbox: [0, 0, 0, 0] });
  });
});

describe('interpolation', () => {
  const [width, height] = [80, 40];
  const at = (x: number, y: number, r: number) => encodeRle(disc(width, height, x, y, r), width, height);

  it('carries a disc along a straight line, though it moved by more than its size', () => {
    const masks = interpolateMasks(at(10, 10, 6), at(70, 30, 6), 3);
    expect(masks).toHaveLength(3);
    masks.forEach(({ mask }, n) => {
      expect(rleIou(mask, at(10 + 15 * (n + 1), 10 + 5 * (n + 1), 6))).toBeGreaterThan(0.85);
    });
  });

  it('grows a disc at an even pace', () => {
    const [{ mask, area, bbox }] = interpolateMasks(at(40, 20, 4), at(40, 20, 16), 1);
    expect(rleIou(mask, at(40, 20, 10))).toBeGreaterThan(0.93);
    expect(area).toBe(decodeRle(mask).reduce((sum, value) => sum + value, 0));
    expect(bbox[2] - bbox[0]).toBeCloseTo(20, -0.5);
  });

  it('gives a part of a sequence as the whole sequence has it', () => {
    const whole = interpolateMasks(at(10, 10, 6), at(60, 25, 9), 7);
    expect(interpolateMasks(at(10, 10, 6), at(60, 25, 9), 7, 3, 2)).toEqual(whole.slice(3, 5));
  });

  it('leaves a mask that does not change as it is', () => {
    const mask = at(33, 17, 9);
    for (const between of interpolateMasks(mask, mask, 2)) expect(between.mask).toEqual(mask);
  });
});
