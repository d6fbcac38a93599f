/** Corrections on our own clip, and on real ones where MASKLET_SHARED names a folder that has them in `videos/`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import type { Box } from '../../shared/domain/annotations';
import { expectCorrectionsToStay } from '../support/corrections';
import { smallClip, startKernel, temporaryFolder } from '../support/kernel';

const videos = join(process.env.MASKLET_SHARED ?? '', 'videos');
const CLIPS: readonly { name: string; box: Box }[] = [
  { name: '01_dog.mp4', box: [450, 375, 705, 550] },
  { name: '03_blocks.mp4', box: [486, 305, 565, 397] },
];
const isHere =
  process.env.MASKLET_SHARED !== undefined && CLIPS.every(({ name }) => existsSync(join(videos, name)));
if (!isHere)
  console.warn(
    'The tests of corrections on real clips are skipped: MASKLET_SHARED names no folder with videos/ in it.',
  );

test(
  'corrections on the sample clip: still there after three more propagations',
  { timeout: 600_000 },
  async () => {
    const clip = await smallClip(await temporaryFolder(), 7);
    const session = await startKernel().kernel.open({ path: clip.video });
    await expectCorrectionsToStay(session, { box: clip.box, last: 6 });
  },
);

describe.skipIf(!isHere)('corrections on a real clip', () => {
  test.each(CLIPS)('$name: still there after three more propagations', { timeout: 600_000 }, async (clip) => {
    const dataDir = await temporaryFolder();
    const session = await startKernel().kernel.open({ path: join(videos, clip.name), dataDir });
    await expectCorrectionsToStay(session, { box: clip.box, last: 7 });
  });
});
