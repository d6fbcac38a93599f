import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EXIT } from '../../shared/protocol/exitCodes';
import type { ErrorData } from '../../shared/protocol/errors';
import type { CheckpointModelSpec } from '../../models/catalogue';
import { defaultModelFolder, ModelLibrary } from '../../models/library';
import { cliJson } from '../support/cli';
import { startHttpServer, whole } from '../support/httpServer';
import { microConfig, microEdgeTam, writeRandomCheckpoint } from '../support/randomCheckpoint';
import { floatTensor, writeTorchFile } from '../support/torchFiles';

const { imageSize, trunk } = microConfig;
const { numHeads, globalBlocks, windows } = trunk;
const hints = { imageSize, trunk: { numHeads, globalBlocks, windows } };

let folder: string;
let checkpoint: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'masklet-library-'));
  checkpoint = join(folder, 'my model.pt');
  writeRandomCheckpoint(checkpoint, microConfig);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('ModelLibrary', () => {
  it('imports a checkpoint by linking it, once, and removes it again', async () => {
    const library = new ModelLibrary(join(folder, 'models'), []);
    await expect(library.import(checkpoint)).rejects.toThrow(/number of heads/);
    const model = await library.import(checkpoint, { hints });
    expect(model).toMatchObject({ id: 'my-model', title: 'my model.pt (SAM 2.1, imported)', hints });
    expect(statSync(library.checkpointOf(model.id)).ino).toBe(statSync(checkpoint).ino);
    expect(await library.import(checkpoint, { hints })).toEqual(model);
    expect(library.list()).toMatchObject([{ id: 'my-model', installed: true, source: 'imported' }]);
    expect(await library.verify('my-model')).toEqual(model);
    rmSync(library.checkpointOf('my-model'));
    expect(() => library.usable('my-model')).toThrow(/is missing/);
    expect(await library.import(checkpoint, { hints })).toEqual(model);
    expect(library.usable('my-model')).toEqual(model);
    await library.remove('my-model');
    expect(library.list()).toEqual([]);
    expect(statSync(checkpoint).isFile()).toBe(true);
    await expect(library.remove('my-model')).rejects.toMatchObject({ problem: 'unknown' });
    await expect(library.remove('../models')).rejects.toMatchObject({ problem: 'unknown' });
  });

  it('imports what a symbolic link leads to, as the Hugging Face cache has it', async () => {
    const library = new ModelLibrary(join(folder, 'models'), []);
    const link = join(folder, 'linked.pt');
    symlinkSync('my model.pt', link);
    const { id } = await library.import(link, { hints });
    expect(id).toBe('linked');
    expect(lstatSync(library.checkpointOf(id)).ino).toBe(statSync(checkpoint).ino);
    expect(await library.verify(id)).toMatchObject({ id });
  });

  it('imports EdgeTAM, and says that it is', async () => {
    const library = new ModelLibrary(join(folder, 'models'), []);
    const edge = join(folder, 'edge.pt');
    writeRandomCheckpoint(edge, microEdgeTam);
    const model = await library.import(edge, { hints: { imageSize: microEdgeTam.imageSize } });
    expect(model).toMatchObject({ id: 'edge', title: 'edge.pt (EdgeTAM, imported)' });
  });

  it('refuses ids that are taken or no names, and files that are no SAM 2', async () => {
    const library = new ModelLibrary(join(folder, 'models'));
    await library.import(checkpoint, { hints, id: 'mine' });
    const other = join(folder, 'other.pt');
    writeRandomCheckpoint(other, { ...microConfig, memoryFrames: 4 });
    await expect(library.import(other, { hints, id: 'mine' })).rejects.toThrow(/already/);
    await expect(library.import(other, { hints, id: 'sam2.1-tiny' })).rejects.toThrow(/already/);
    await expect(library.import(other, { hints, id: '../x' })).rejects.toThrow(/cannot be/);
    writeTorchFile(other, new Map([['fc.weight', floatTensor([1], [1])]]));
    await expect(library.import(other)).rejects.toThrow(/not a SAM 2 or EdgeTAM checkpoint/);
  });

  it('downloads a published model, and knows it when it is imported by hand', async () => {
    const content = readFileSync(checkpoint);
    const { base } = await startHttpServer(whole(content));
    const spec: CheckpointModelSpec = {
      id: 'published',
      title: 'Published',
      license: 'Apache-2.0',
      url: `${base}/published.pt`,
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
      speed: 'fast',
    };
    const library = new ModelLibrary(join(folder, 'models'), [spec]);
    expect(library.list()).toMatchObject([{ id: 'published', installed: false }]);
    await expect(library.verify('published')).rejects.toThrow(/not on this machine/);
    await library.download('published');
    expect(library.list()).toMatchObject([{ id: 'published', installed: true }]);
    appendFileSync(library.checkpointOf('published'), 'x');
    await expect(library.verify('published')).rejects.toMatchObject({ problem: 'corrupted' });
    expect(library.list()).toMatchObject([{ id: 'published', installed: false }]);
    expect(() => library.usable('published')).toThrow(/bytes instead of/);
    mkdirSync(library.graphFolderOf('published'));
    await library.download('published');
    // The graphs had the damaged file.
    expect(existsSync(library.graphFolderOf('published'))).toBe(false);
    expect(library.usable('published')).toMatchObject({ id: 'published' });
    await library.remove('published');
    expect(await library.import(checkpoint, { hints })).toMatchObject({
      id: 'published',
      title: 'Published',
    });
    await expect(library.download('nonsense')).rejects.toMatchObject({
      hint: 'Known models: published.',
    });
  });

  it('lies in the cache folder of the system', () => {
    expect(defaultModelFolder({ XDG_CACHE_HOME: '/cache' }, 'linux')).toBe('/cache/masklet/models');
    expect(defaultModelFolder({}, 'darwin')).toMatch(/Library\/Caches\/masklet\/models$/);
  });
});

describe('masklet models', () => {
  it('lists, imports, verifies and removes', async () => {
    const config = join(folder, 'config.json');
    writeFileSync(config, JSON.stringify(hints));
    const models = (...args: string[]): ReturnType<typeof cliJson> =>
      cliJson(['models', ...args, '--model-dir', join(folder, 'models')]);
    const imported = await models('import', checkpoint, '--id', 'mine', '--config', config);
    expect(imported).toMatchObject({ code: EXIT.ok, json: { id: 'mine' } });
    const { json } = await models('list');
    expect(
      (json as { id: string; installed: boolean }[]).map(({ id, installed }) => [id, installed]),
    ).toEqual([
      ['sam2-tiny-embedded', true],
      ['sam2.1-tiny', false],
      ['sam2.1-small', false],
      ['sam2.1-base_plus', false],
      ['sam2.1-large', false],
      ['edgetam', false],
      ['mine', true],
    ]);
    expect((await models('verify', 'mine')).code).toBe(EXIT.ok);
    expect((await models('remove', 'mine')).code).toBe(EXIT.ok);
    const gone = await models('verify', 'mine');
    expect(gone.code).toBe(EXIT.environment);
    expect((gone.json as { error: ErrorData }).error).toMatchObject({ code: 'model/unknown' });
    expect((await models('download', 'nonsense')).code).toBe(EXIT.environment);
    expect((await models('import', checkpoint)).json).toMatchObject({
      error: { code: 'model/undetermined' },
    });
  });
});
