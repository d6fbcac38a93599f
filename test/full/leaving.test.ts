/** An object that leaves the frame is marked absent soon, and found again soon after it is back. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rleArea, rleIou } from '../../kernel/masks/rle';
import { renderSampleClip } from '../../kernel/sample/sampleClip';
import { findFfmpeg } from '../../kernel/video/ffmpeg';
import { startKernel, temporaryFolder } from '../support/kernel';

/** Frames that may pass before a loss, and before a return, is noticed. */
const lossNoticed = 3;
const returnNoticed = 5;

test.each([1, 2])('scene %i', { timeout: 1_200_000 }, async (seed) => {
  const { path: ffmpeg } = await findFfmpeg();
  const folder = await temporaryFolder();
  const clip = await renderSampleClip({
    out: join(folder, 'leaving.mp4'),
    ffmpeg,
    width: 640,
    height: 360,
    seed,
    occlusion: 'none',
    leaveFrame: true,
  });
  const { masks: truth } = clip.groundTruth.objects[0];
  const hidden = truth.map((mask) => rleArea(mask) === 0);
  const left = hidden.indexOf(true);
  const back = hidden.indexOf(false, left);
  expect(left).toBeGreaterThan(0);
  expect(back).toBeGreaterThan(left);

  const { kernel } = startKernel({ executionProviders: ['cpu'] });
  const session = await kernel.open({ path: clip.video, dataDir: folder });
  await session.request('object/addMask', { object: 'fish', frame: 0, mask: truth[0] });
  await session.request('session/propagate', { direction: 'forward' });
  const found = await Promise.all(
    truth.map(async (expected, frame) => {
      const [{ state, mask }] = await session.request('frame/masks', { frame });
      return { absent: state === 'absent', iou: rleIou(mask, expected) };
    }),
  );
  const line = found.map(({ absent, iou }, i) => (absent ? '-' : iou.toFixed(1)) + (hidden[i] ? '!' : ''));
  console.log(`scene ${seed}, "-" absent, "!" out of the frame: ${line.join(' ')}`);
  for (let frame = left + lossNoticed; frame < back; frame++) expect(found[frame].absent).toBe(true);
  expect(found.slice(back, back + returnNoticed + 1).some(({ iou }) => iou > 0.5)).toBe(true);
});
