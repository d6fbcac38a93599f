import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DataCard } from '../../kernel/dataset/dataCard';
import { Store } from '../../kernel/storage/store';
import type { AuditResult } from '../../shared/protocol/audit';
import { cliJson, startCli } from '../support/cli';
import { annotatedClip, datasetFolder, drawn, exportHere } from '../support/datasetFixture';
import { startKernel } from '../support/kernel';

const MASK = drawn('........', '.####...', '.####...', '........');

async function dataset(): Promise<{ folder: string; clip: string }> {
  const folder = await datasetFolder();
  const clip = await annotatedClip(join(folder, 'clip'), {
    ...{ frames: 12, width: 8, height: 4 },
    objects: [{ id: 'cat', label: 'cat' }],
    masks: Array.from({ length: 12 }, (_, frame) => ({ object: 'cat', frame, mask: MASK })),
  });
  return { folder, clip };
}

test('the command line draws an audit, lets a reference answer, and reports', async () => {
  const { folder } = await dataset();
  const out = join(folder, 'out');
  await exportHere({ paths: [folder], format: 'davis', out });
  const drawnOnly = await startCli(['audit', folder, '--frames', '5', '--seed', '9']).finished;
  expect(drawnOnly.code, drawnOnly.stderr).toBe(0);
  expect(drawnOnly.stdout).toContain('Masklet: Audit Dataset');
  const { code, json } = await cliJson(['audit', folder, '--reference', out, '--format', 'davis']);
  expect(code).toBe(0);
  const { report, file, seed } = json as AuditResult;
  expect(seed).toBe(9);
  expect(report.all).toMatchObject({ accepted: 5, mean: { value: 1 } });
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ schema: 1, wanted: 5 });
  const text = await startCli(['audit', folder, '--width', '0.5']).finished;
  expect(text.stdout).toMatch(/mean IoU {4}1\.0000 \(0\.\d{3} to 1\.000\)/);
  expect((await startCli(['audit', folder, '--reference', out]).finished).code).toBe(3);
  expect((await startCli(['audit', folder, '--width', 'wide']).finished).stderr).toContain('not the width');
});

test('the command line marks gold masks, and a check with a least J&F fails where none was measured', async () => {
  const { clip } = await dataset();
  const marked = await startCli(['gold', clip, '--object', 'cat', '--frames', '1:3']).finished;
  expect(marked.code, marked.stderr).toBe(0);
  expect(marked.stdout).toContain('3 masks are gold now');
  const score = await startCli(['score', clip]).finished;
  expect(score.stdout).toContain('3 gold  (3 not measured yet: propagate)');
  expect((await startCli(['check', clip]).finished).code).toBe(0);
  const check = await startCli(['check', clip, '--min-jf', '0.5']).finished;
  expect(check.code).toBe(1);
  expect(check.stdout).toContain('3 gold NOT MEASURED');
  await startCli(['gold', clip, '--undo']).finished;
  expect((await startCli(['score', clip]).finished).stdout).toContain('none with gold masks');
});

test('work in the editor is counted in the database alone, unless that is turned off, and goes into the data card', async () => {
  const { folder, clip } = await dataset();
  const work = async (countEffort: boolean): Promise<void> => {
    const { kernel } = startKernel({ countEffort });
    const session = await kernel.open({ path: clip });
    const where = { object: 'cat', frame: 1 };
    const stroke = { kind: 'brush', mode: 'add', points: [[1, 1]], radius: 1 } as const;
    for (let n = 0; n < 3; n++) await session.request('mask/edit', { ...where, operation: stroke });
    await session.request('object/verify', { object: 'cat', frames: [1], verified: true });
    await expect(session.request('mask/edit', { ...where, frame: 99, operation: stroke })).rejects.toThrow();
    await session.request('session/save', {});
    await session.close();
    await kernel.dispose();
  };
  await work(true);
  await work(false);
  const store = new Store();
  const [effort, ...others] = store.effortOn(join(folder, '.masklet'), clip);
  expect(others).toEqual([]);
  expect(effort).toMatchObject({ object: 'cat', clicks: 1, strokes: 3 });
  expect(effort.seconds).toBeGreaterThan(0);
  const sidecar = `${clip}.masklet`;
  for (const name of await readdir(sidecar, { recursive: true }))
    if (name.endsWith('.jsonl')) expect(await readFile(join(sidecar, name), 'utf8')).not.toContain('strokes');

  await startCli(['audit', folder, '--frames', '6', '--seed', '1']).finished;
  const out = join(folder, 'out');
  const exported = await startCli(['export', folder, '--format', 'coco', '--out', out, '--card']).finished;
  expect(exported.code, exported.stderr).toBe(0);
  const card = JSON.parse(await readFile(join(out, 'card.json'), 'utf8')) as DataCard;
  expect(card).toMatchObject({
    counts: { clips: 1, frames: 12, objects: 1, masks: 12, verified: 1, gold: 0 },
    labels: [{ label: 'cat', objects: 1, masks: 12 }],
    splits: [{ split: 'train', clips: 1, masks: 12 }],
    models: [{ id: 'manual', masks: 12 }],
    effort: { clicks: 1, strokes: 3, masks: 12 },
    audits: [{ report: { answered: 0 } }],
  });
  expect(await readFile(join(out, 'card.md'), 'utf8')).toContain('3 strokes');
  expect(await readFile(join(out, 'checksums.sha256'), 'utf8').catch(() => 'card.md')).toContain('card.md');
});
