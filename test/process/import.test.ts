import { cp, mkdtemp, readdir, rm, symlink, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../shared/protocol/exitCodes';
import { emptyRle, rleIou } from '../../kernel/masks/rle';
import type { ErrorData } from '../../shared/protocol/errors';
import type { ImportResult, RoundTripResult } from '../../shared/protocol/dataset';
import { readMaskPng } from '../../kernel/render/maskPng';
import { annotatedClip, datasetFolder, drawn, imageClip, makeDatabase } from '../support/datasetFixture';
import { cliJson } from '../support/cli';
import { startKernel } from '../support/kernel';

const DOT = drawn('....', '.#..', '....');
const BAR = drawn('####', '....', '....');
const SIZE = { frames: 4, width: 4, height: 3 };

let root: string;
let clip: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'masklet-import-'));
  makeDatabase(root);
  clip = await annotatedClip(join(root, 'pond'), {
    ...SIZE,
    objects: [
      { id: 'a', label: 'koi', color: '#ff0000' },
      { id: 'b', label: 'Ente' },
    ],
    masks: [
      { object: 'a', frame: 0, mask: DOT },
      { object: 'a', frame: 1, mask: emptyRle(4, 3) },
      { object: 'b', frame: 0, mask: BAR },
      { object: 'b', frame: 3, mask: BAR },
    ],
  });
});
afterAll(() => rm(root, { recursive: true, force: true }));

const errorOf = (json: unknown): ErrorData => (json as { error: ErrorData }).error;

describe('masklet import', () => {
  test('what was exported comes into a bare copy of the video, edited by hand, once', async () => {
    const folder = await datasetFolder();
    const out = join(folder, 'out');
    await cliJson(['export', clip, '--format', 'masks', '--out', out]);
    const bare = join(folder, 'pond');
    await cp(clip, bare, { recursive: true });
    const first = await cliJson(['import', bare, '--format', 'masks', '--from', out]);
    expect(first.code, first.stderr).toBe(EXIT.ok);
    expect(first.json as ImportResult).toMatchObject({
      masks: 3,
      frames: 2,
      objects: [
        { id: 'a', label: 'koi', masks: 1, known: false },
        { id: 'b', label: 'Ente', masks: 2, known: false },
      ],
    });
    const { kernel } = startKernel();
    const session = await kernel.open({ path: bare });
    expect(session.opened.objects).toMatchObject([{ id: 'a', label: 'koi', color: '#ff0000' }, { id: 'b' }]);
    expect(session.opened.marks).toEqual([{ object: 'a', kind: 'absent', first: 1, last: 1 }]);
    const masks = await session.request('frame/masks', { frame: 0 });
    expect(masks).toMatchObject([
      { object: 'a', mask: DOT, state: 'edited', stale: false, provenance: { model: 'import:masks' } },
      { object: 'b', mask: BAR },
    ]);

    // What is verified stays; undo takes an import back whole.
    await session.request('object/verify', { object: 'b', frames: [0], verified: true });
    const { imported: again } = await session.request('session/import', {
      format: 'masks',
      from: out,
      edit: 'e1',
    });
    expect(again.objects.map(({ id, known, masks: taken }) => [id, known, taken])).toEqual([
      ['a', true, 1],
      ['b', true, 1],
    ]);
    expect(again.skipped).toMatchObject([{ count: 1, reason: expect.stringMatching(/verified/) as string }]);
    await session.request('object/remove', { object: 'a', edit: 'e2' });
    await session.request('session/import', { format: 'masks', from: out, edit: 'e3' });
    const { frames } = await session.request('history/undo', { edit: 'e3' });
    expect(frames).toContain(0);
    const left = await session.request('frame/masks', { frame: 0 });
    expect(left.map(({ object }) => object)).toEqual(['b']);
    await session.close();
  });

  test('a source that is broken changes nothing', async () => {
    const bare = join(await datasetFolder(), 'pond');
    await imageClip(bare, SIZE);
    const { code, json } = await cliJson(['import', bare, '--format', 'coco', '--from', bare]);
    expect(errorOf(json).code).toBe('import/malformed');
    expect(code).toBe(EXIT.input);
    expect((await readdir(bare)).filter((name) => name.endsWith('.jsonl'))).toEqual([]);
  });

  test('--label names what comes without a name', async () => {
    const folder = await datasetFolder();
    const out = join(folder, 'out');
    await cliJson(['export', clip, '--format', 'davis', '--images', 'none', '--out', out]);
    await rm(join(out, 'manifest.json'));
    const bare = join(folder, 'pond');
    await imageClip(bare, SIZE);
    const { json } = await cliJson(['import', bare, '--format', 'davis', '--from', out, '--label', 'fish']);
    expect((json as ImportResult).objects.map(({ label }) => label)).toEqual(['fish', 'fish']);
  });
});

describe('masklet roundtrip', () => {
  test.each(['coco', 'ytvis', 'davis', 'sav', 'mots', 'cvat', 'labelme', 'masks'])('%s', async (format) => {
    const { code, json, stderr } = await cliJson(['roundtrip', clip, '--format', format]);
    expect(code, stderr).toBe(EXIT.ok);
    expect((json as RoundTripResult).clips).toMatchObject([{ masks: 3, lowestIou: 1, differences: [] }]);
  });
});

const shared = process.env.MASKLET_SHARED;
const FRAMES = 4;

describe.skipIf(shared === undefined)('DAVIS ground truth (needs MASKLET_SHARED)', () => {
  const sequences = ['blackswan', 'bmx-trees', 'car-shadow', 'horsejump-high', 'libby', 'soapbox'];
  test.each(sequences)(
    '%s comes in, goes out as coco, ytvis and sav, and comes back the same',
    async (name) => {
      const davis = join(shared ?? '', 'davis');
      const folder = await datasetFolder();
      const video = join(folder, name);
      const truth = join(folder, 'truth', name);
      for (const made of [video, truth]) await mkdir(made, { recursive: true });
      const names = (await readdir(join(davis, 'JPEGImages', '480p', name))).sort().slice(0, FRAMES);
      for (const file of names) {
        const png = file.replace('.jpg', '.png');
        await symlink(join(davis, 'JPEGImages', '480p', name, file), join(video, file));
        await cp(join(davis, 'Annotations', '480p', name, png), join(truth, png));
      }
      const imported = await cliJson([
        'import',
        video,
        '--format',
        'davis',
        '--from',
        truth,
        '--label',
        name,
      ]);
      expect(imported.code, imported.stderr).toBe(EXIT.ok);
      expect(imported.json as ImportResult).toMatchObject({ objects: [{ label: name }], frames: FRAMES });
      for (const format of ['coco', 'ytvis', 'sav']) {
        const out = join(folder, format);
        await cliJson(['export', video, '--format', format, '--images', 'none', '--out', out]);
        const back = join(folder, `back-${format}`, name);
        await cp(video, back, { recursive: true });
        const read = await cliJson(['import', back, '--format', format, '--from', out]);
        expect(read.code, read.stderr).toBe(EXIT.ok);
        const { kernel } = startKernel();
        const session = await kernel.open({ path: back, readOnly: true });
        for (const [frame, file] of names.entries()) {
          const [mask, ...more] = await session.request('frame/masks', { frame });
          expect(more).toEqual([]);
          expect(rleIou(mask.mask, await readMaskPng(join(truth, file.replace('.jpg', '.png'))))).toBe(1);
        }
        await session.close();
      }
    },
  );
});
