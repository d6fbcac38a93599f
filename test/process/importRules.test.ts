import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ImportResult } from '../../shared/protocol/dataset';
import type { ErrorData } from '../../shared/protocol/errors';
import { EXIT } from '../../shared/protocol/exitCodes';
import { rleBox } from '../../kernel/masks/rle';
import { cliJson } from '../support/cli';
import { datasetFolder, imageClip } from '../support/datasetFixture';
import {
  cocoDocument,
  cvatDocument,
  cvatPolygon,
  cvatTrack,
  firstSquare,
  FRAME_NUMBERS,
  FRAMES,
  HEIGHT,
  secondSquare,
  WIDTH,
} from '../support/importCases';
import { startKernel } from '../support/kernel';

let folder: string;
let clip: string;
beforeEach(async () => {
  folder = await datasetFolder();
  clip = join(folder, 'clip');
  await imageClip(clip, { frames: FRAMES, width: WIDTH, height: HEIGHT });
});

async function put(name: string, content: unknown): Promise<string> {
  const file = join(folder, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

async function run(
  format: string,
  from: string,
  ...more: string[]
): Promise<{ code: number | null; result: ImportResult; error: ErrorData | undefined }> {
  const { code, json } = await cliJson(['import', clip, '--format', format, '--from', from, ...more]);
  return { code, result: json as ImportResult, error: (json as { error?: ErrorData }).error };
}

const job = (label: string, points: (frame: number) => number[]): string =>
  cvatDocument([
    cvatTrack(
      `id="0" label="${label}"`,
      FRAME_NUMBERS.map((n) => cvatPolygon(n, points(n))),
    ),
  ]);

/** `label: masks@left` of what is saved, with the left edge on frame 0. */
async function saved(): Promise<string[]> {
  const { kernel } = startKernel();
  const session = await kernel.open({ path: clip, readOnly: true });
  const lines: string[] = [];
  const first = await session.request('frame/masks', { frame: 0 });
  for (const { id, label } of session.opened.objects) {
    const mask = first.find(({ object }) => object === id);
    lines.push(`${label}: ${mask ? rleBox(mask.mask)[0] : 'nothing'}`);
  }
  await session.close();
  return lines;
}

describe('a second source', () => {
  test('of the same name in another folder, and in the same place, adds to the first', async () => {
    const a = await put('jobA/annotations.xml', job('car', firstSquare));
    const b = await put('jobB/annotations.xml', job('person', secondSquare));
    expect((await run('cvat', a)).code).toBe(EXIT.ok);
    const second = await run('cvat', b);
    expect(second.result).toMatchObject({ masks: 12, replaced: [], kept: [], objects: [{ known: false }] });
    expect(await saved()).toEqual(['car: 10', 'person: 250']);
    // A third one is written over the second.
    await put(
      'jobB/annotations.xml',
      job('bus', (n) => firstSquare(n + 5)),
    );
    expect((await run('cvat', b)).result).toMatchObject({
      masks: 12,
      replaced: [],
      objects: [{ known: false }],
    });
    expect(await saved()).toEqual(['car: 10', 'person: 250', 'bus: 60']);
    // The same bytes are the same objects, wherever they lie.
    const copy = await put(
      'elsewhere/annotations.xml',
      job('bus', (n) => firstSquare(n + 5)),
    );
    expect((await run('cvat', copy)).result).toMatchObject({
      objects: [{ known: true }],
      replaced: [],
      kept: [],
    });
    expect(await saved()).toHaveLength(3);
  });

  test('replaces what is different only where that is asked for; a dry run says what it would do, and writes nothing', async () => {
    const file = await put('annotations.xml', job('car', firstSquare));
    const before = await run('cvat', file, '--dry-run');
    expect(before.result).toMatchObject({
      masks: 12,
      dryRun: true,
      counting: expect.stringMatching(/from 0/) as string,
    });
    expect(await readdir(folder)).not.toContain('clip.masklet');
    expect(await readdir(join(folder, '.masklet'))).toEqual(expect.not.arrayContaining(['clip.masklet']));
    await run('cvat', file);
    await put('annotations.xml', job('car', secondSquare));
    const dry = await run('cvat', file, '--replace', '--dry-run');
    expect(dry.result).toMatchObject({ dryRun: true, replaced: [{ label: 'car', masks: 12, frame: 0 }] });
    expect(await saved()).toEqual(['car: 10']);
    const replaced = await run('cvat', file, '--replace');
    expect(replaced.result).toMatchObject({
      replaced: [{ masks: 12 }],
      objects: [{ known: true, masks: 12 }],
    });
    expect(await saved()).toEqual(['car: 250']);
  });
});

describe('a report', () => {
  test('an import of nothing fails, says why and leaves no objects', async () => {
    const file = await put(
      'a.json',
      cocoDocument({ annotation: () => ({ track_id: 1, segmentation: [[1, 2]] }) }),
    );
    const { code, error } = await run('coco', file);
    expect(code).toBe(EXIT.input);
    expect(error).toMatchObject({
      code: 'import/malformed',
      message: expect.stringMatching(/12 skipped: polygons/) as string,
    });
    expect(await saved()).toEqual([]);
  });

  test('an object of which nothing is left is not made; the others are', async () => {
    const document = cocoDocument({
      objects: 2,
      annotation: (_, object) => ({ track_id: object, ...(object === 1 ? { segmentation: [[1, 2]] } : {}) }),
    });
    const { code, result } = await run('coco', await put('a.json', document));
    expect(code).toBe(EXIT.ok);
    expect(result.objects).toHaveLength(1);
    expect(result.skipped).toMatchObject([
      { count: 12, reason: expect.stringMatching(/fewer than 3/) as string },
    ]);
    expect(await saved()).toEqual(['car: 10']);
  });

  test('what is ambiguous is refused with both readings; --first-frame and --crowd decide', async () => {
    const document = cocoDocument({
      frames: FRAME_NUMBERS.slice(0, 10),
      image: (n) => ({ file_name: `img_${n + 1}.jpg` }),
      annotation: () => ({ iscrowd: 1 }),
    });
    const file = await put('a.json', document);
    const named = await run('coco', file, '--dry-run');
    // The clip's own pictures are 00000.png to 00011.png: by their numbers all ten are there.
    expect(named.result.counting).toMatch(/same numbers/);
    const counted = await run('coco', file, '--first-frame', '1', '--dry-run');
    expect(counted.result).toMatchObject({ masks: 10, counting: expect.stringMatching(/from 1/) as string });
    expect((await run('coco', file, '--crowd', 'skip')).error?.message).toMatch(/10 skipped: crowds/);
  });
});
