import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PropagateResult } from '../../shared/protocol/session';
import type { ImportResult } from '../../shared/protocol/dataset';
import { EXIT } from '../../shared/protocol/exitCodes';
import { cliJson } from '../support/cli';
import { datasetFolder } from '../support/datasetFixture';
import { smallClip, startKernel } from '../support/kernel';

const FRAMES = 4;

/** Rows of MOTChallenge for one object whose box stands still. */
const rows = (box: readonly number[], frames: readonly number[]): string =>
  frames
    .map((n) => [n + 1, 1, box[0] + 1, box[1] + 1, box[2] - box[0], box[3] - box[1], 1, 1, 1].join())
    .join('\n');

test('boxes of MOTChallenge become prompts, then masks, with which they are compared', async () => {
  const folder = await datasetFolder();
  const { video, box } = await smallClip(folder, FRAMES);
  const from = join(folder, 'gt.txt');
  const wrong = [2, 2, 40, 20];
  await writeFile(from, `${rows(box, [0, 1, 2])}\n${rows(wrong, [3])}\n`);
  const importing = ['import', video, '--format', 'mot', '--from', from, '--label', 'fish'];

  const looked = await cliJson([...importing, '--every', '3', '--dry-run']);
  expect(looked.json as ImportResult).toMatchObject({ as: 'prompts', prompts: 2, masks: 0, frames: 2 });
  const first = await cliJson([...importing, '--every', '3']);
  expect(first.code, first.stderr).toBe(EXIT.ok);
  const { objects, agreement } = first.json as ImportResult;
  expect(objects).toMatchObject([{ label: 'pedestrian', prompts: 2, masks: 0, known: false }]);
  expect(agreement).toBeUndefined();

  const { json } = await cliJson(['propagate', video, '--quality', 'fast']);
  const { boxAgreement } = json as PropagateResult;
  expect(boxAgreement).toMatchObject({ boxes: 2, meanIou: expect.closeTo(1, 0) as number });

  // Imported again, boxes are compared with the masks of all frames: these are nowhere near them on two.
  await writeFile(from, `${rows(box, [0])}\n${rows(wrong, [1, 2])}\n${rows(wrong, [3])}\n`);
  const again = await cliJson([...importing, '--every', '3']);
  const second = again.json as ImportResult;
  expect(second.objects).toMatchObject([{ id: objects[0].id, known: true }]);
  expect(second.agreement).toMatchObject({ boxes: FRAMES, low: 2 });
  expect(second.agreement?.lowest.map(({ frame }) => frame).sort()).toEqual([1, 2]);

  const { kernel } = startKernel();
  const session = await kernel.open({ path: video });
  // Another file of the same name: its prompts differ, and stay away unless they are to replace.
  await writeFile(from, rows(box, [3]));
  const source = { format: 'mot', from } as const;
  await expect(session.request('session/import', source)).resolves.toMatchObject({
    imported: { prompts: 0, kept: [{ masks: 1, frame: 3 }] },
  });
  const replaced = await session.request('session/import', { ...source, replace: true, edit: 'e1' });
  expect(replaced.imported).toMatchObject({ prompts: 1, replaced: [{ frame: 3 }] });
  const undone = await session.request('history/undo', { edit: 'e1' });
  expect(undone.frames).toContain(3);
  const { prompts } = await session.request('session/snapshot', {});
  expect(prompts.find(({ frame }) => frame === 3)?.box).toEqual(wrong);
  // A mask that somebody verified stays, and gets no prompt.
  await session.request('object/verify', { object: objects[0].id, frames: [3], verified: true });
  const held = await session.request('session/import', { ...source, replace: true });
  expect(held.imported.skipped).toMatchObject([
    { count: 1, reason: expect.stringMatching(/verified/) as string },
  ]);
  await session.close();
});

test('--every is for prompts, and counts from 1', async () => {
  const folder = await datasetFolder();
  const { video } = await smallClip(folder, 2);
  for (const args of [
    ['--format', 'coco', '--every', '2'],
    ['--format', 'mot', '--every', '0'],
  ]) {
    const { code } = await cliJson(['import', video, '--from', folder, ...args]);
    expect(code).toBe(EXIT.input);
  }
});
