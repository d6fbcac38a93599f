import { test } from 'vitest';
import { expectCorrectionsToStay } from '../support/corrections';
import { smallClip, startKernel, temporaryFolder } from '../support/kernel';

test('corrections on later frames are still there, to the pixel, after three more propagations', async () => {
  const clip = await smallClip(await temporaryFolder(), 7);
  const session = await startKernel().kernel.open({ path: clip.video });
  await expectCorrectionsToStay(session, { box: clip.box, last: 6 });
});
