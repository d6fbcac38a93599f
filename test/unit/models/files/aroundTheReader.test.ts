import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..', '..', '..');

/** Calls that read whatever lies at a path: a device without end, a pipe that nobody writes to, what a link leads to. */
const READS: readonly RegExp[] = [
  /\b(?:readFile|readFileSync|createReadStream|copyFile|copyFileSync|cp|cpSync)\(/g,
  /\b(?:readdir|readdirSync|opendir|opendirSync|readlink|readlinkSync)\(/g,
  // To read: without flags, or with those that say so.
  /(?<![.\w])(?:fs\.)?open(?:Sync)?\((?:[^(),':{]|\([^()]*\))+(?:, 'r\+?')?\)/g,
  /\bsharp\((?!\{)(?![\w.]+, \{ raw:)/g,
];

/** Reads of what no stranger makes, and how many there are in a file. */
const KNOWN: Readonly<Record<string, readonly [count: number, why: string]>> = {
  'kernel/storage/liveProcess.ts': [3, '/proc'],
  'kernel/engine/providers/machine.ts': [2, '/proc and /sys'],
  'kernel/engine/onnx/nvidiaCard.ts': [2, '/sys'],
  'extension/commands/reportProblem.ts': [1, 'our own log'],
  'kernel/runtime/version.ts': [1, 'our own package'],
  'kernel/cli/demo.ts': [1, 'what the demo has just written'],
  'kernel/export/exportFolder.ts': [2, 'the place of an export, and its own scratch files'],
  'kernel/export/earlierExport.ts': [1, 'files that stay in an export: links stay links, pipes are refused'],
  'kernel/storage/database.ts': [1, 'a copy of database files that were looked at before'],
  'kernel/storage/relocate.ts': [2, 'copies of folders: links stay links, pipes are refused'],
  'kernel/storage/sidecar/files.ts': [1, 'a folder, to make a rename durable'],
  'kernel/render/text.ts': [1, 'a picture of our own'],
  'kernel/pixels/openPicture.ts': [2, 'the one place that opens pictures'],
  'models/files/regularFile.ts': [1, 'the one reader'],
  'models/linkOrCopy.ts': [1, 'a checkpoint that was read before'],
  'models/cuda/installCuda.ts': [1, 'files of our own package'],
  'extension/links/launcher.ts': [1, 'our own launcher'],
};

function sourcesOf(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`);
}

function readsIn(source: string): string[] {
  const code = source.replaceAll(/\/\*[^]*?\*\/|(?<!:)\/\/.*$/gm, '');
  return READS.flatMap((pattern) => code.match(pattern) ?? []);
}

describe('files of strangers', () => {
  it('are read by one reader', () => {
    const found = Object.fromEntries(
      ['kernel', 'models', 'extension'].flatMap(sourcesOf).flatMap((file) => {
        const reads = readsIn(readFileSync(join(ROOT, file), 'utf8'));
        return reads.length === (KNOWN[file]?.[0] ?? 0) ? [] : [[file, reads]];
      }),
    );
    // Use models/files/regularFile.ts and kernel/pixels/openPicture.ts; what no stranger makes is to be listed above.
    expect(found).toEqual({});
  });

  it('are found by the patterns above', () => {
    const around = [
      `fs.readFileSync(file, 'utf8')`,
      `await readFile(join(a, b))`,
      `createReadStream(path, { signal })`,
      `await open(path, 'r')`,
      `fs.openSync(join(folder, name), 'r')`,
      `await open(other.path)`,
      `fs.readdirSync(folder)`,
      `sharp(path).metadata()`,
      `sharp(bytes, { failOn: 'error' })`,
    ];
    for (const code of around) expect(readsIn(code), code).toHaveLength(1);
    const others = [
      `await open(path, 'wx')`,
      `this.open(params)`,
      `TextFile.open(full, name)`,
      `sharp(data, { raw: { width, height, channels: 3 } })`,
      `sharp({ create: { width } })`,
      `// readFile(path)`,
    ];
    for (const code of others) expect(readsIn(code), code).toEqual([]);
  });
});
