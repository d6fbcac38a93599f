import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ExportParams } from '../../../../shared/protocol/dataset';
import { annotatedClip, drawn, exportHere, makeDatabase } from '../../../support/datasetFixture';
import { temporaryFolder } from '../../../support/kernel';

const MASK = drawn('....', '.##.', '.##.');
/** By a run whose prompt is not there any more. */
const TRACKED = {
  state: 'propagated' as const,
  provenance: { model: 'some', modelSha256: '', revision: 'other', direction: 'forward' as const },
};

test('stale masks are exported with a warning, or left out where that is asked for', async () => {
  const root = await temporaryFolder();
  makeDatabase(root);
  const clip = await annotatedClip(join(root, 'pond'), {
    frames: 3,
    width: 4,
    height: 3,
    objects: [{ id: 'a' }],
    masks: [
      { object: 'a', frame: 0, mask: MASK },
      { object: 'a', frame: 1, mask: MASK, ...TRACKED },
      { object: 'a', frame: 2, mask: MASK, ...TRACKED },
    ],
  });
  const run = async (
    name: string,
    stale: Pick<ExportParams, 'stale'>,
  ): Promise<[number, readonly string[]]> => {
    const params = { paths: [clip], format: 'coco' as const, out: join(root, name), images: 'none' as const };
    const { clips, warnings } = await exportHere({ ...params, ...stale });
    const aboutStale = warnings.filter((warning) => warning.includes('stale'));
    return [clips.reduce((sum, { masks }) => sum + masks, 0), aboutStale];
  };
  expect(await run('all', {})).toEqual([3, [expect.stringContaining('2 stale masks exported')]]);
  expect(await run('same', { stale: 'export' })).toEqual([
    3,
    [expect.stringContaining('2 stale masks exported')],
  ]);
  expect(await run('without', { stale: 'leave-out' })).toEqual([
    1,
    [expect.stringContaining('2 stale masks left out')],
  ]);
});
