import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AuditResult } from '../../shared/protocol/audit';
import { cliJson, startCli } from '../support/cli';
import { annotatedClip, datasetFolder, drawn, exportHere } from '../support/datasetFixture';

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
