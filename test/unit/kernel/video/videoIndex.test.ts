import { describe, expect, it } from 'vitest';
import { AccessPattern } from '../../../../kernel/video/accessPattern';
import { PictureAligner } from '../../../../kernel/video/aligner';
import {
  describeIndex,
  deserializeIndex,
  frameAtPts,
  groupOf,
  serializeIndex,
  type VideoIndex,
} from '../../../../kernel/video/videoIndex';

function makeIndex(change: Partial<VideoIndex> = {}): VideoIndex {
  return {
    kind: 'file',
    container: 'mp4',
    codec: 'h264',
    rotation: 90,
    timeBase: [1, 100],
    width: 4,
    height: 2,
    warnings: ['once (2 times)'],
    threads: 2,
    pts: Float64Array.of(-4, 0, 4, 8, 12, 16),
    ptsReliable: true,
    keys: Uint32Array.of(0, 2, 5),
    checksums: Uint32Array.of(10, 11, 12, 13, 14, 15),
    lumaChecksums: Uint32Array.of(20, 21, 22, 23, 24, 0xffffffff),
    ...change,
  };
}

const picture = (pts: number | undefined, checksum: number, lumaChecksum: number) => ({
  pts,
  checksum,
  lumaChecksum,
  width: 4,
  height: 2,
  key: false,
});

describe('VideoIndex', () => {
  it('survives being kept', () => {
    const index = makeIndex();
    expect(deserializeIndex(serializeIndex(index, 'ffmpeg 1'), 'ffmpeg 1')).toEqual(index);
  });

  it('keeps timestamps beyond 32 bits', () => {
    const pts = Float64Array.of(0, 2 ** 40, 2 ** 52 + 1);
    const index = makeIndex({
      pts,
      checksums: Uint32Array.of(1, 2, 3),
      lumaChecksums: Uint32Array.of(1, 2, 3),
    });
    expect(deserializeIndex(serializeIndex(index, 'd'), 'd')?.pts).toEqual(pts);
  });

  it('is not taken from another decoder, another format or damaged bytes', () => {
    const bytes = serializeIndex(makeIndex(), 'ffmpeg 1');
    expect(deserializeIndex(bytes, 'ffmpeg 2')).toBeUndefined();
    for (let length = 0; length < bytes.length; length += 7) {
      expect(deserializeIndex(bytes.subarray(0, length), 'ffmpeg 1')).toBeUndefined();
    }
    const newer = Uint8Array.from(bytes);
    newer[4]++;
    expect(deserializeIndex(newer, 'ffmpeg 1')).toBeUndefined();
  });

  it('knows groups and timestamps', () => {
    const index = makeIndex();
    expect([0, 1, 2, 4, 5].map((i) => groupOf(index, i))).toEqual([
      { key: 0, first: 0, last: 1 },
      { key: 0, first: 0, last: 1 },
      { key: 1, first: 2, last: 4 },
      { key: 1, first: 2, last: 4 },
      { key: 2, first: 5, last: 5 },
    ]);
    expect([-4, -5, 3, 8, 16, 17].map((pts) => frameAtPts(index, pts))).toEqual([0, -1, -1, 3, 5, -1]);
  });

  it('tells a steady rate from a variable one', () => {
    expect(describeIndex(makeIndex())).toMatchObject({
      fps: 25,
      variableRate: false,
      firstPts: -4,
      lastPts: 16,
    });
    const rounded = makeIndex({ pts: Float64Array.of(0, 33, 67, 100, 133, 167), timeBase: [1, 1000] });
    expect(describeIndex(rounded).variableRate).toBe(false);
    const uneven = makeIndex({ pts: Float64Array.of(0, 33, 80, 100, 133, 167), timeBase: [1, 1000] });
    expect(describeIndex(uneven).variableRate).toBe(true);
    expect(describeIndex(makeIndex({ pts: Float64Array.of(7) }))).toMatchObject({
      fps: 0,
      variableRate: false,
    });
  });
});

describe('PictureAligner', () => {
  it('takes a picture only for a frame with its checksums', () => {
    const aligner = new PictureAligner(makeIndex(), 2);
    expect(aligner.place(picture(4, 12, 99))).toBeUndefined();
    expect(aligner.place(picture(4, 12, 22))).toBe(2);
    expect(aligner.next).toBe(3);
  });

  it('notices a seek that landed elsewhere', () => {
    const aligner = new PictureAligner(makeIndex(), 5);
    expect(aligner.place(picture(0, 11, 21))).toBe(1);
    expect(aligner.next).toBe(2);
  });

  it('goes by checksums where timestamps say nothing or something wrong', () => {
    const unreliable = new PictureAligner(makeIndex({ ptsReliable: false }), 2);
    expect(unreliable.place(picture(undefined, 13, 23))).toBe(3);
    expect(new PictureAligner(makeIndex(), 2).place(picture(8, 12, 22))).toBe(2);
  });

  it('tells equal pictures apart by their timestamps', () => {
    const still = makeIndex({
      checksums: new Uint32Array(6).fill(1),
      lumaChecksums: new Uint32Array(6).fill(2),
    });
    const aligner = new PictureAligner(still, 5);
    expect(aligner.place(picture(8, 1, 2))).toBe(3);
    expect(aligner.place(picture(12, 1, 2))).toBe(4);
  });
});

describe('AccessPattern', () => {
  it('sees a direction after two steps and forgets it at a jump', () => {
    const pattern = new AccessPattern();
    expect([5, 6, 7, 8, 7, 6, 5, 20, 20, 19, 18].map((frame) => pattern.note(frame))).toEqual([
      0, 0, 1, 1, 0, -1, -1, 0, 0, 0, -1,
    ]);
  });
});
