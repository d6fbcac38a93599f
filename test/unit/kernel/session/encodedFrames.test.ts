import { expect, it } from 'vitest';
import type { EncodedFrame, VideoModel } from '../../../../kernel/engine/videoModel';
import { EncodedFrames } from '../../../../kernel/session/encodedFrames';
import type { FrameSource, RgbFrame } from '../../../../kernel/video/api';
import type { View } from '../../../../shared/domain/annotations';

const [width, height] = [32, 16];

/** Frames that are all the same but for one pixel, whose place and value are given for each. */
function source(changes: readonly (readonly [pixel: number, value: number])[]): FrameSource {
  const frame = (index: number): Promise<RgbFrame> => {
    const data = new Uint8Array(new SharedArrayBuffer(width * height * 3)).fill(90);
    const [pixel, value] = changes[index];
    data[pixel * 3] = value;
    return Promise.resolve({ index, pts: index, width, height, data });
  };
  return { frame } as Partial<FrameSource> as FrameSource;
}

/** Stands for the encoder, and counts its runs. */
class Encoder {
  readonly runs: string[] = [];

  readonly model = {
    encode: (image: RgbFrame, view: Partial<View> = {}): Promise<EncodedFrame> => {
      const { part = [0, 0, width, height] as const, size = 1024 } = view;
      this.runs.push(`${image.index}: ${part.join()}`);
      const timings = { preprocessMs: 1, encodeMs: 1 };
      return Promise.resolve({
        frame: image.index,
        view: { part, size },
        width,
        height,
        bytes: 100,
        timings,
      });
    },
  } as Partial<VideoModel> as VideoModel;
}

const left: View = { part: [0, 0, 16, 16], size: 448 };
const right: View = { part: [16, 0, 32, 16], size: 448 };

it('encodes the same view of a frame once, however many ask', async () => {
  const encoder = new Encoder();
  const frames = new EncodedFrames(source([[0, 1]]), encoder.model);
  const [a, b] = await Promise.all([frames.get(0, left), frames.get(0, { ...left })]);
  expect(a).toBe(b);
  await frames.get(0);
  expect(encoder.runs).toEqual(['0: 0,0,16,16', '0: 0,0,32,16']);
});

it('encodes no view again that shows the pixels of another, as in a still scene', async () => {
  const encoder = new Encoder();
  // The second frame differs at the right edge, the third nowhere from the second.
  const frames = new EncodedFrames(
    source([
      [31, 10],
      [31, 20],
      [31, 20],
    ]),
    encoder.model,
  );
  await frames.get(0, left);
  const still = await frames.get(1, left);
  expect(still).toMatchObject({ frame: 1, view: left, timings: { preprocessMs: 0, encodeMs: 0 } });
  await frames.get(0, right);
  await frames.get(1, right);
  await frames.get(2, right);
  // Another size is another encoding.
  await frames.get(1, { ...left, size: 672 });
  expect(encoder.runs).toEqual(['0: 0,0,16,16', '0: 16,0,32,16', '1: 16,0,32,16', '1: 0,0,16,16']);
  expect(frames.reused).toBe(2);
});

it('knows a place by what it shows, not by where it is', async () => {
  const encoder = new Encoder();
  const frames = new EncodedFrames(source([[500, 90]]), encoder.model);
  await frames.get(0, left);
  const same = await frames.get(0, right);
  expect(same.view).toEqual(right);
  expect(encoder.runs).toHaveLength(1);
});

it('keeps those used last within its bytes', async () => {
  const encoder = new Encoder();
  const changes = Array.from({ length: 6 }, (_, i) => [0, i + 1] as const);
  const frames = new EncodedFrames(source(changes), encoder.model, 300);
  for (const frame of [0, 1, 2]) await frames.get(frame);
  await frames.get(0);
  await frames.get(3);
  expect(frames.bytes).toBeLessThanOrEqual(300);
  expect([0, 1, 2, 3].map((frame) => frames.has(frame))).toEqual([true, false, true, true]);
  // What was let go of is encoded anew.
  await frames.get(1);
  expect(encoder.runs).toHaveLength(5);
});

it('does not remember a failure', async () => {
  const encoder = new Encoder();
  const broken = { ...source([[0, 1]]), frame: () => Promise.reject(new Error('truncated')) };
  const frames = new EncodedFrames(broken, encoder.model);
  await expect(frames.get(0)).rejects.toThrow('truncated');
  expect(frames.has(0)).toBe(false);
});
