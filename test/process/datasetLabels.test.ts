import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { UsedLabels } from '../../shared/protocol/dataset';
import { EXIT } from '../../shared/protocol/exitCodes';
import { cliJson } from '../support/cli';
import { annotatedClip, datasetFolder, drawn } from '../support/datasetFixture';
import { startKernel } from '../support/kernel';

const BLOCK = drawn('....', '.##.', '....');

let data: string;
beforeEach(async () => {
  const root = await datasetFolder();
  data = join(root, 'data');
  const clip = async (name: string, labels: readonly string[]): Promise<void> => {
    await annotatedClip(join(data, name), {
      frames: 2,
      width: 4,
      height: 3,
      objects: labels.map((label, n) => ({ id: `o${n}`, label, color: '#102030', attributes: { age: n } })),
      masks: labels.map((_, n) => ({ object: `o${n}`, frame: 0, mask: BLOCK })),
      marks: [{ object: 'o0', kind: 'attributes', first: 0, last: 1, attributes: { side: 'left' } }],
    });
  };
  await clip('a', ['koi', 'koi', 'carp']);
  await clip('b', ['carp']);
  await clip('c', ['duck']);
  await mkdir(join(root, '.masklet'), { recursive: true });
  await writeFile(
    labelsFile(),
    JSON.stringify({
      note: 'ours',
      classes: [
        {
          name: 'koi',
          color: '#ff0000',
          hotkey: 'Alt+1',
          since: 3,
          attributes: [{ name: 'age', type: 'number' }],
        },
        { name: 'carp', color: '#00ff00', attributes: [{ name: 'side', type: 'text', per: 'frame' }] },
        { name: 'eel', color: '#0000ff', attributes: [] },
      ],
    }),
  );
});

const labelsFile = (): string => join(data, '..', '.masklet', 'labels.json');
const classes = async (): Promise<unknown> =>
  (JSON.parse(await readFile(labelsFile(), 'utf8')) as { classes: unknown }).classes;

async function used(): Promise<Record<string, [objects: number, clips: number, isClass: boolean]>> {
  const { json, code } = await cliJson(['labels', 'list', data]);
  expect(code).toBe(EXIT.ok);
  return Object.fromEntries(
    (json as UsedLabels).labels.map(({ label, objects, clips, isClass }) => [
      label,
      [objects, clips.length, isClass],
    ]),
  );
}

test('labels are listed with their objects and clips; renaming changes clips and labels.json, after a dry run', async () => {
  const before = { carp: [2, 2, true], duck: [1, 1, false], eel: [0, 0, true], koi: [2, 1, true] };
  expect(await used()).toEqual(before);
  const rename = ['labels', 'rename', data, '--from', 'koi', '--to', 'nishikigoi', '--color', '#ABCDEF'];
  const dry = await cliJson([...rename, '--dry-run']);
  expect(dry.json).toMatchObject({ clips: [{ path: join(data, 'a'), objects: 2 }], dryRun: true });
  expect(await used()).toEqual(before);

  const done = await cliJson([...rename, '--attribute', 'age=years', '--attribute', 'side=flank']);
  expect(done.code, done.stderr).toBe(EXIT.ok);
  expect(done.json).toMatchObject({ clips: [{ objects: 2 }], failed: [], files: [labelsFile()] });
  expect(await used()).toEqual({ ...before, koi: undefined, nishikigoi: [2, 1, true] });
  const object = JSON.parse(await readFile(join(data, 'a.masklet', 'objects', 'o1.json'), 'utf8')) as object;
  expect(object).toMatchObject({ label: 'nishikigoi', color: '#abcdef', attributes: { years: 1 } });
  const marks = await readFile(join(data, 'a.masklet', 'marks.jsonl'), 'utf8');
  expect(marks).toContain('{"flank":"left"}');
  // The other object of the clip, and other clips, are as they were.
  expect(await readFile(join(data, 'a.masklet', 'objects', 'o2.json'), 'utf8')).toContain('"age":2');
  expect(await classes()).toMatchObject([
    { name: 'nishikigoi', color: '#ABCDEF', hotkey: 'Alt+1', since: 3, attributes: [{ name: 'years' }] },
    { name: 'carp' },
    { name: 'eel' },
  ]);
});

test('merging makes one label and one class of several; a name that is taken is not renamed to', async () => {
  const taken = await cliJson(['labels', 'rename', data, '--from', 'koi', '--to', 'carp']);
  expect(taken.code).toBe(EXIT.input);
  expect(taken.json).toMatchObject({ error: { hint: expect.stringMatching(/merge/) as string } });
  const merge = ['labels', 'merge', data, '--from', 'koi', '--from', 'duck', '--to', 'carp'];
  const { code, stderr, json } = await cliJson(merge);
  expect(code, stderr).toBe(EXIT.ok);
  expect(json).toMatchObject({ clips: [{ objects: 2 }, { objects: 1 }] });
  expect(await used()).toEqual({ carp: [5, 3, true], eel: [0, 0, true] });
  expect(await classes()).toMatchObject([
    { name: 'carp', color: '#00ff00', attributes: [{ name: 'side' }, { name: 'age' }] },
    { name: 'eel' },
  ]);
  const unknown = await cliJson(['labels', 'rename', data, '--from', 'pike', '--to', 'fish']);
  expect(unknown.json).toMatchObject({
    error: { code: 'input/invalid', message: expect.stringContaining('pike') as string },
  });
});

test('a clip that cannot be changed is named, the others are, and the label set waits', async () => {
  await rm(join(data, 'b'), { recursive: true });
  const { code, json, stderr } = await cliJson([
    'labels',
    'rename',
    data,
    '--from',
    'carp',
    '--to',
    'goldfish',
  ]);
  expect(code).toBe(EXIT.failed);
  expect(json).toMatchObject({
    clips: [{ path: join(data, 'a') }],
    failed: [{ path: join(data, 'b') }],
    files: [],
  });
  expect(stderr).toContain(join(data, 'b'));
  expect(await used()).toMatchObject({ carp: [1, 1, true], goldfish: [1, 1, false] });
});

test('a broken labels.json is refused after the clips, and stays as it is', async () => {
  await writeFile(labelsFile(), '{"classes": [');
  const { json } = await cliJson(['labels', 'rename', data, '--from', 'duck', '--to', 'mallard']);
  expect(json).toMatchObject({ error: { code: 'labels/invalid' } });
  expect(await readFile(labelsFile(), 'utf8')).toBe('{"classes": [');
});

test('in an open clip it is one step, which undo takes back; what is not saved yet counts', async () => {
  const { kernel } = startKernel();
  const session = await kernel.open({ path: join(data, 'a') });
  const change = {
    from: ['koi', 'carp'],
    to: 'fish',
    color: '#111111',
    attributes: { age: 'years', side: 'flank' },
  };
  const { before } = await session.request('session/relabel', { ...change, edit: 'e1' });
  expect(before.map(({ label }) => label)).toEqual(['koi', 'koi', 'carp']);
  const { labels } = await kernel.request('dataset/labels', { paths: [data] });
  expect(labels.find(({ label }) => label === 'fish')).toMatchObject({ objects: 3, colors: ['#111111'] });
  await session.request('history/undo', { edit: 'e1' });
  const { objects, marks } = await session.request('session/snapshot', {});
  expect(objects.map(({ label, color, attributes }) => [label, color, attributes])).toEqual([
    ['koi', '#102030', { age: 0 }],
    ['koi', '#102030', { age: 1 }],
    ['carp', '#102030', { age: 2 }],
  ]);
  expect(marks).toMatchObject([{ attributes: { side: 'left' } }]);
  for (const bad of [{ to: ' x' }, { to: '' }, { to: 'x', color: 'red' }]) {
    await expect(session.request('session/relabel', { from: ['koi'], ...bad })).rejects.toMatchObject({
      code: 'input/invalid',
    });
  }
  await session.close();
});
