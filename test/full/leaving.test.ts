/** An object that leaves the frame is soon marked absent, and soon found again when it is back. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rleArea, rleIou } from '../../kernel/masks/rle';
import { renderSampleClip } from '../../kernel/sample/sampleClip';
import { findFfmpeg } from '../../kernel/video/ffmpeg';
import { absenceDelays, type Shown } from '../bench/absence';
import { sceneOptionsOf, type SceneKind } from '../bench/sceneClips';
import { startKernel, temporaryFolder } from '../support/kernel';

const scenes: readonly (readonly [SceneKind, number])[] = [
  ['leaves', 1],
  ['leaves', 2],
  ['leaves-a-lookalike', 1],
  ['hidden-and-leaves', 1],
];

test.each(scenes)('scene "%s", seed %i', { timeout: 1_200_000 }, async (kind, seed) => {
  const { path: ffmpeg } = await findFfmpeg();
  const folder = await temporaryFolder();
  const out = join(folder, 'leaving.mp4');
  const clip = await renderSampleClip({ ...sceneOptionsOf(kind, seed), out, ffmpeg });
  const { masks: truth } = clip.groundTruth.objects[0];

  const { kernel } = startKernel({ executionProviders: ['cpu'] });
  const session = await kernel.open({ path: clip.video, dataDir: folder });
  await session.request('object/addMask', { object: 'fish', frame: 0, mask: truth[0] });
  await session.request('session/propagate', { direction: 'forward' });
  const shown = await Promise.all(
    truth.map(async (expected, frame): Promise<Shown> => {
      const [{ state, mask }] = await session.request('frame/masks', { frame });
      const hidden = rleArea(expected) === 0;
      return { hidden, absent: state === 'absent', iou: rleIou(mask, expected) };
    }),
  );
  const frames = shown.map(
    ({ hidden, absent, iou }) => (absent ? '-' : iou.toFixed(1)) + (hidden ? '!' : ''),
  );
  console.log(`${kind} ${seed}, "-" absent, "!" hidden: ${frames.join(' ')}`);
  const { gone, back } = absenceDelays(shown);
  expect(gone).toBeLessThanOrEqual(3);
  expect(back).toBeLessThanOrEqual(5);
});
