import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../kernel/runtime/paths';
import { annotatedClip, datasetFolder, drawn, exportHere } from '../support/datasetFixture';

/** A Python with what docs/training.md asks for. */
const python = process.env.MASKLET_TEST_PYTHON ?? 'python3';
const wanted = 'import numpy, PIL, pycocotools.coco';
const isThere = spawnSync(python, ['-c', wanted], { stdio: 'ignore' }).status === 0;
if (!isThere)
  console.warn(
    'docs/training.md is not tried: no Python with numpy, Pillow and pycocotools (MASKLET_TEST_PYTHON).',
  );

/** The class of this name, with its imports, as the page has it. */
function classOfPage(name: string): string {
  const page = readFileSync(join(packageRoot(), 'docs', 'training.md'), 'utf8');
  const found = [...page.matchAll(/```python\n([\s\S]*?)```/g)].find(([, code]) =>
    code.includes(`class ${name}`),
  );
  if (!found) throw new Error(`docs/training.md has no ${name}.`);
  return found[1];
}

/** What a class of the page makes of arguments: for each item the picture's size, its masks' pixels and their names. */
function items(name: string, args: readonly string[]): unknown {
  const code = [
    classOfPage(name),
    'import sys',
    `data = ${name}(*sys.argv[1:])`,
    'items = [data[i] for i in range(len(data))]',
    'print(json.dumps([[list(image.shape), masks.tolist(), names] for image, masks, names in items]))',
  ].join('\n');
  const output = execFileSync(python, ['-c', `import json\n${code}`, ...args], { encoding: 'utf8' });
  // pycocotools says on standard output how long it took.
  return JSON.parse(output.trim().split('\n').at(-1) ?? '');
}

const dog = drawn('..##', '..##', '....');
const moved = drawn('....', '.##.', '.##.');
const cat = drawn('#...', '#...', '#...');
const pixels = (...rows: readonly string[]): number[][] =>
  rows.map((row) => [...row].map((character) => (character === '#' ? 1 : 0)));
const [dogPixels, movedPixels, catPixels] = [
  pixels('..##', '..##', '....'),
  pixels('....', '.##.', '.##.'),
  pixels('#...', '#...', '#...'),
];

it.runIf(isThere)('the classes of docs/training.md read what Masklet writes', async () => {
  const folder = await datasetFolder();
  const clip = await annotatedClip(join(folder, 'clip'), {
    frames: 3,
    width: 4,
    height: 3,
    objects: [
      { id: 'a', label: 'dog' },
      { id: 'b', label: 'cat' },
    ],
    masks: [
      { object: 'a', frame: 0, mask: dog },
      { object: 'a', frame: 2, mask: moved },
      { object: 'b', frame: 2, mask: cat },
    ],
  });
  const shape = [3, 4, 3];
  const frames = join(folder, 'frames');
  await exportHere({ paths: [clip], format: 'frames', out: frames });
  expect(items('Sidecar', [`${clip}.masklet`, join(frames, 'clip')])).toEqual([
    [shape, [dogPixels], ['dog']],
    [shape, [movedPixels, catPixels], ['dog', 'cat']],
  ]);
  const coco = join(folder, 'coco');
  await exportHere({ paths: [clip], format: 'coco', out: coco });
  expect(items('CocoFrames', [coco])).toEqual([
    [shape, [dogPixels], [1]],
    [shape, [movedPixels, catPixels], [1, 2]],
  ]);
});
