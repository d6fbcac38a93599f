import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KernelSession } from '../../kernel/client/kernelClient';
import type { KernelEvent } from '../../shared/protocol/kernel';
import type { LabelSet } from '../../shared/protocol/session';
import { smallClip, startKernel, temporaryFolder } from '../support/kernel';
import { until } from '../support/until';

let shared: string;
let video: string;
beforeAll(async () => {
  shared = await mkdtemp(join(tmpdir(), 'masklet-labels-'));
  video = (await smallClip(shared, 3)).video;
});
afterAll(() => rm(shared, { recursive: true, force: true }));

async function openClip(readOnly = false): Promise<{ session: KernelSession; events: KernelEvent[] }> {
  const path = join(await temporaryFolder(), 'clip.mp4');
  await copyFile(video, path);
  const { kernel, events } = startKernel();
  return { session: await kernel.open({ path, readOnly }), events };
}

const heard = (events: readonly KernelEvent[]): LabelSet[] =>
  events.flatMap((event) => (event.event === 'labels/changed' ? [event.value.labels] : []));

test('labels are made beside the database, let through by its .gitignore, and what is in them is kept', async () => {
  const { session } = await openClip();
  const none = await session.request('labels/read', {});
  expect(none).toMatchObject({ exists: false, classes: [], problems: [] });
  expect(dirname(none.file)).toBe(session.opened.database);
  await expect(stat(none.file)).rejects.toThrow('ENOENT');

  const made = await session.request('labels/add', { classes: [{ name: 'fish', color: '#ff8800' }] });
  expect(made.classes).toEqual([{ name: 'fish', color: '#ff8800', attributes: [] }]);
  expect(await readFile(join(dirname(made.file), '.gitignore'), 'utf8')).toContain('!labels.json');

  const text = JSON.stringify({ note: 'ours', classes: [{ name: 'crab', color: '#000000', since: 3 }] });
  await writeFile(made.file, text);
  await session.request('labels/add', {
    classes: [
      { name: 'crab', color: '#ffffff' },
      { name: 'eel', color: '#010203' },
    ],
  });
  const written = await readFile(made.file, 'utf8');
  expect(JSON.parse(written)).toEqual({
    note: 'ours',
    classes: [
      { name: 'crab', color: '#000000', since: 3 },
      { name: 'eel', color: '#010203', attributes: [] },
    ],
  });
  // Nothing to add: not even the layout of the file changes.
  await session.request('labels/add', { classes: [{ name: 'eel', color: '#000000' }] });
  expect(await readFile(made.file, 'utf8')).toBe(written);
});

test('changes on the disk are followed: made, broken, mended', async () => {
  const { session, events } = await openClip();
  const { file } = await session.request('labels/read', {});
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify({ classes: [{ name: 'fish', color: '#ff8800' }] }));
  await until(
    () => heard(events).some(({ classes }) => classes.some(({ name }) => name === 'fish')),
    'labels that changed',
  );

  await writeFile(file, '{ "classes": [');
  await until(() => heard(events).some(({ problems }) => problems.length > 0), 'labels that changed');
  const broken = await session.request('labels/read', {});
  expect(broken.problems[0]).toMatchObject({ code: 'labels/invalid', file });
  await expect(
    session.request('labels/add', { classes: [{ name: 'eel', color: '#010203' }] }),
  ).rejects.toMatchObject({ code: 'labels/invalid', file });
  expect(await readFile(file, 'utf8')).toBe('{ "classes": [');

  await writeFile(file, JSON.stringify({ classes: [{ name: 'mended', color: '#000000' }] }));
  await until(() => heard(events).at(-1)?.classes[0]?.name === 'mended', 'labels that changed');
});

test('nothing is written where nothing may be', async () => {
  const { session } = await openClip(true);
  await expect(
    session.request('labels/add', { classes: [{ name: 'eel', color: '#010203' }] }),
  ).rejects.toMatchObject({ code: 'storage/read-only' });
});

test('attributes of frames are edits that undo takes back, and lines of marks.jsonl', async () => {
  const { session } = await openClip();
  await session.request('object/add', { object: 'fish' });
  const marks = async () => (await session.request('session/snapshot', {})).marks;
  const set = (first: number, last: number, attributes: Record<string, string | null>, edit: string) =>
    session.request('object/setFrameAttributes', {
      object: 'fish',
      range: { first, last },
      attributes,
      edit,
    });
  expect(await set(0, 2, { pose: 'left' }, 'one')).toMatchObject({ changed: true, frames: [] });
  expect(await set(1, 2, { pose: 'left' }, 'none')).toMatchObject({ changed: false, frames: [] });
  await set(1, 1, { pose: 'right' }, 'two');
  const after = await marks();
  expect(after.map(({ first, last, attributes }) => [first, last, attributes])).toEqual([
    [0, 0, { pose: 'left' }],
    [1, 1, { pose: 'right' }],
    [2, 2, { pose: 'left' }],
  ]);
  const { sidecar } = await session.request('session/save', {});
  expect(await readFile(join(sidecar, 'marks.jsonl'), 'utf8')).toContain(
    '"kind":"attributes","first":1,"last":1,"attributes":{"pose":"right"}',
  );
  await session.request('history/undo', { edit: 'two' });
  expect(await marks()).toEqual([
    { object: 'fish', kind: 'attributes', first: 0, last: 2, attributes: { pose: 'left' } },
  ]);
  await session.request('history/redo', { edit: 'two' });
  const byFrame = [...(await marks())].sort((a, b) => a.first - b.first);
  expect(byFrame).toEqual(after);
  await expect(set(2, 9, { pose: 'left' }, 'three')).rejects.toThrow('no frame');
});
