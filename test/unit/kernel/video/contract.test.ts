import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FrameSource } from '../../../../kernel/video/api';
import { openVideo } from '../../../../kernel/video/source';
import {
  contractClips,
  encodersOf,
  framemd5Count,
  hashOf,
  makeClip,
  plainHashes,
  shuffled,
  temporaryFolder,
  testFfmpeg,
} from '../../../support/clips';

const ffmpeg = await testFfmpeg();

/** Frame *i* is one picture, however it is come by: the contract of the project. */
describe('frame contract', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let encoders: Set<string>;

  beforeAll(async () => {
    folder = await temporaryFolder();
    encoders = await encodersOf(ffmpeg);
  });
  afterAll(() => folder.remove());

  for (const spec of contractClips(ffmpeg)) {
    it(spec.name, async (test) => {
      const path = await makeClip(spec, folder.path, ffmpeg, encoders);
      if (path === undefined) return test.skip(`this ffmpeg has no ${spec.encoders.join(', ')}`);

      const sequential = await openVideo(path, { ffmpeg: ffmpeg.path, cacheBytes: 2 ** 26 });
      const { frameCount, width, height } = sequential.info;
      const order = Array.from({ length: frameCount }, (_, i) => i);
      const expected = await read(sequential, order);
      const index = sequential.serializeIndex();
      await sequential.close();

      expect(sequential.info).toMatchObject(spec.info ?? {});
      expect(frameCount).toBe(await framemd5Count(path, ffmpeg));
      expect(expected).toEqual(await plainHashes(path, ffmpeg, width, height));
      expect(sequential.pts).toHaveLength(frameCount);
      for (let i = 1; i < frameCount; i++) expect(sequential.pts[i]).toBeGreaterThan(sequential.pts[i - 1]);

      // A cache of two frames and no disk: every jump really decodes.
      const random = await openVideo(path, {
        ffmpeg: ffmpeg.path,
        cacheBytes: 2 * width * height * 3,
        spillBytes: 0,
        knownIndex: () => Promise.resolve(index),
      });
      const jumps = shuffled(frameCount).slice(0, 14);
      expect(await read(random, jumps)).toEqual(jumps.map((i) => expected[i]));
      await random.close();

      const backward = await openVideo(path, {
        ffmpeg: ffmpeg.path,
        cacheBytes: 10 * width * height * 3,
        spillBytes: 2 ** 26,
        knownIndex: () => Promise.resolve(index),
      });
      const back = order.slice().reverse();
      expect(await read(backward, back)).toEqual(back.map((i) => expected[i]));
      await backward.close();
    });
  }
});

async function read(source: FrameSource, frames: readonly number[]): Promise<string[]> {
  const hashes: string[] = [];
  for (const i of frames) {
    const frame = await source.frame(i);
    expect([frame.index, frame.pts, frame.width, frame.height]).toEqual([
      i,
      source.pts[i],
      source.info.width,
      source.info.height,
    ]);
    hashes.push(hashOf(frame.data));
  }
  return hashes;
}
