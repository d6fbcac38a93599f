import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { EXIT } from '../../shared/protocol/exitCodes';
import { onnxRuntime } from '../../kernel/engine/onnx/cudaRuntime';
import type { InferenceApi } from '../../kernel/engine/onnx/inferenceApi';
import { inferenceThread } from '../../kernel/engine/onnx/inferenceThread';
import { testGraph } from '../../kernel/engine/onnx/testGraph';
import { neededLibraries } from '../../kernel/engine/onnx/neededLibraries';
import type { HealthResult } from '../../shared/protocol/health';
import { cudaPackage } from '../../models/cuda/cudaPackage';
import { findInstalledCuda, installCuda, type CudaInstallOptions } from '../../models/cuda/installCuda';
import { cliJson } from '../support/cli';
import { cut, stalling, startHttpServer, whole, type Answer } from '../support/httpServer';
import { writeZip } from '../support/torchFiles';

const { version, folder: runtimeFolder } = onnxRuntime();
const isPublished = process.platform === 'linux' && process.arch === 'x64';
const name = cudaPackage.name.toLowerCase();
const library = Buffer.from(Array.from({ length: 400_000 }, (_, i) => (i * i) % 253));

let folder: string;
let archive: string;
let base: string;
let content: Buffer;
/** What the feed states of the package. */
let stated: { packageHash: string; packageHashAlgorithm: string; packageSize: number };
let servePackage: Answer;
const ranges: (string | undefined)[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'masklet-cuda-'));
  archive = join(folder, 'package.nupkg');
  writePackage(archive);
  content = readFileSync(archive);
  ranges.length = 0;
  stated = {
    packageHash: createHash('sha512').update(content).digest('base64'),
    packageHashAlgorithm: 'SHA512',
    packageSize: content.length,
  };
  servePackage = whole(content);
  ({ base } = await startHttpServer((request, response) => {
    const json = (value: unknown): unknown => response.end(JSON.stringify(value));
    if (request.url === '/index.json') {
      json({
        resources: [
          { '@id': `${base}/flat/`, '@type': 'PackageBaseAddress/3.0.0' },
          { '@id': `${base}/registration`, '@type': 'RegistrationsBaseUrl' },
        ],
      });
    } else if (request.url === `/registration/${name}/${version}.json`) {
      json({ catalogEntry: `${base}/catalog.json` });
    } else if (request.url === '/catalog.json') {
      json(stated);
    } else if (request.url === `/flat/${name}/${version}/${name}.${version}.nupkg`) {
      ranges.push(request.headers.range);
      servePackage(request, response);
    } else {
      response.writeHead(404).end();
    }
  }));
});
afterEach(() => rmSync(folder, { recursive: true }));

function writePackage(path: string, { id = cudaPackage.name, of = version } = {}): void {
  const entry = (entryName: string, data: Buffer, deflate = true) => ({
    name: entryName,
    bytes: data.length,
    data: () => [data],
    deflate,
  });
  const nuspec = `<package><metadata><id>${id}</id><version>${of}</version></metadata></package>`;
  writeZip(path, [
    entry(`${id}.nuspec`, Buffer.from(nuspec)),
    entry(`${cudaPackage.folder}/libonnxruntime.so`, Buffer.from('not wanted')),
    ...cudaPackage.files.map((file, i) => entry(`${cudaPackage.folder}/${file}`, library, i === 0)),
  ]);
}

const cuda = (): string => join(folder, 'cuda');
const options = (more: Partial<CudaInstallOptions> = {}): CudaInstallOptions => ({
  folder: cuda(),
  version,
  runtimeFolder,
  feed: `${base}/index.json`,
  platform: 'linux/x64',
  retryDelayMs: 1,
  ...more,
});

describe.skipIf(!isPublished)('installing CUDA support', () => {
  it('takes the files that the installer of onnxruntime-node would', () => {
    const require = createRequire(import.meta.url);
    const metadata = require('onnxruntime-node/script/install-metadata.js') as {
      requirements: Record<string, string[]>;
      manifests: Record<string, Record<string, { package: string; path: string }>>;
      packages: Record<string, { name: string; versions: { feed: string; version: string }[] }>;
      feeds: Record<string, { index: string }>;
    };
    expect(metadata.requirements['linux/x64']).toEqual(['cuda12']);
    const files = metadata.manifests['linux/x64:cuda12'];
    for (const file of cudaPackage.files) {
      expect(files[`./${file}`]?.path).toBe(`${cudaPackage.folder}/${file}`);
      const source = metadata.packages[files[`./${file}`].package];
      expect(source.name).toBe(cudaPackage.name);
      expect(source.versions).toEqual([{ feed: 'nuget', version }]);
    }
    expect(metadata.feeds.nuget.index).toBe(cudaPackage.feed);
  });

  it('downloads, compares with what the feed states, unpacks, and leaves nothing else', async () => {
    const told: [number, number][] = [];
    const installed = await installCuda(options({ onProgress: (...bytes) => told.push(bytes) }));
    expect(installed).toMatchObject({ version, verified: true });
    expect(told.at(-1)).toEqual([content.length, content.length]);
    expect(readdirSync(cuda())).toEqual([version]);
    const target = join(cuda(), version);
    expect(findInstalledCuda([join(folder, 'nowhere'), cuda()], version)).toBe(target);
    expect(findInstalledCuda([cuda()], '0.0.1')).toBeUndefined();
    expect(readdirSync(target).sort()).toEqual([
      'installed.json',
      'libonnxruntime.so.1',
      'libonnxruntime_providers_cuda.so',
      'libonnxruntime_providers_shared.so',
      'onnxruntime_binding.node',
    ]);
    const sha256 = createHash('sha256').update(library).digest('hex');
    for (const file of installed.files) {
      expect(file).toMatchObject({ bytes: library.length, sha256 });
      expect(readFileSync(join(target, file.name)).equals(library)).toBe(true);
    }
  });

  it('goes on where a cancelled download stopped', async () => {
    servePackage = stalling(content, 1000);
    const cancel = new AbortController();
    const onProgress = (bytes: number): void => {
      if (bytes === 1000) cancel.abort();
    };
    await expect(installCuda(options({ signal: cancel.signal, onProgress }))).rejects.toThrow(/abort/i);
    expect(findInstalledCuda([cuda()], version)).toBeUndefined();
    servePackage = whole(content);
    await installCuda(options());
    expect(ranges).toEqual([undefined, 'bytes=1000-']);
  });

  it('goes on after a cut, and follows a redirect', async () => {
    servePackage = (request, response) => {
      servePackage = whole(content);
      cut(content, 2000)(request, response);
    };
    expect(await installCuda(options())).toMatchObject({ verified: true });
    expect(ranges).toEqual([undefined, 'bytes=2000-']);
    rmSync(cuda(), { recursive: true });
    const elsewhere = await startHttpServer(whole(content));
    servePackage = (_, response) => response.writeHead(302, { location: `${elsewhere.base}/package` }).end();
    expect(await installCuda(options())).toMatchObject({ verified: true });
  });

  it('refuses a package of another size, and says where there is no room', async () => {
    const noRoom = options({ freeBytes: () => Promise.resolve(10) });
    await expect(installCuda(noRoom)).rejects.toMatchObject({ problem: 'no-space' });
    stated = { ...stated, packageSize: content.length + 1 };
    await expect(installCuda(options())).rejects.toMatchObject({ problem: 'corrupted' });
    expect(findInstalledCuda([cuda()], version)).toBeUndefined();
  });

  it('refuses what the feed did not state, and says how to go on without the feed', async () => {
    stated = { ...stated, packageHash: createHash('sha512').update('other').digest('base64') };
    await expect(installCuda(options())).rejects.toMatchObject({ problem: 'corrupted' });
    stated = { ...stated, packageHashAlgorithm: 'MD5' };
    await expect(installCuda(options())).rejects.toThrow(/unknown kind, MD5/);
    await expect(installCuda(options({ version: '0.0.1' }))).rejects.toMatchObject({
      problem: 'download',
      hint: expect.stringContaining('masklet cuda install --archive') as string,
    });
    expect(readdirSync(cuda()).filter((file) => !file.startsWith('.'))).toEqual([]);
  });

  it('takes an archive, if it is that package in that version and whole', async () => {
    const installed = await installCuda(options({ archive, feed: 'http://127.0.0.1:1/' }));
    expect(installed.verified).toBe(false);
    expect(installed.packageSha512).toBe(createHash('sha512').update(content).digest('hex'));
    expect(existsSync(archive)).toBe(true);
    const other = join(folder, 'other.nupkg');
    writePackage(other, { of: '1.2.3' });
    await expect(installCuda(options({ archive: other }))).rejects.toThrow(/is Microsoft.*1\.2\.3/);
    const damaged = Buffer.from(content);
    damaged[damaged.length >> 1] ^= 1;
    writeFileSync(other, damaged);
    await expect(installCuda(options({ archive: other }))).rejects.toMatchObject({ problem: 'corrupted' });
    writeFileSync(other, content.subarray(0, -50));
    await expect(installCuda(options({ archive: other }))).rejects.toMatchObject({ problem: 'corrupted' });
    // What was there stays.
    expect(findInstalledCuda([cuda()], version)).toBeDefined();
    await expect(installCuda(options({ archive, platform: 'darwin/arm64' }))).rejects.toThrow(/Linux on x64/);
  });

  it('is what the inference thread loads onnxruntime from, and the doctor names what CUDA misses', async () => {
    const cache = join(folder, 'cache');
    const { folder: cudaRuntime } = await installCuda(
      options({ archive, folder: join(cache, 'masklet', 'cuda') }),
    );
    const provider = join(cudaRuntime, 'libonnxruntime_providers_cuda.so');
    // A real library in the place of the provider, which asks for one that no machine has.
    const wanted = 'libcudnn.so.99';
    const binding = readFileSync(join(runtimeFolder, 'onnxruntime_binding.node'), 'latin1');
    writeFileSync(provider, binding.replace('\0libstdc++.so.6\0', `\0${wanted}\0`), 'latin1');
    expect(await neededLibraries(provider)).toEqual(expect.arrayContaining(['libonnxruntime.so.1', wanted]));
    const thread = inferenceThread<InferenceApi>('test', { cudaRuntime });
    onTestFinished(() => thread.dispose());
    const loaded = await thread.request('load', {
      ...testGraph(),
      providers: ['cuda', 'cpu'],
      threads: 1,
    });
    expect(loaded.provider).toBe('cpu');
    expect(loaded.fallback).toMatch(
      /^cuda: .*libcudnn\.so\.99 cannot be found: CUDA 12 and cuDNN 9 are wanted/,
    );
    const runtimes = readFileSync('/proc/self/maps', 'utf8').match(/\S+\/libonnxruntime\.so\.1$/gm);
    expect(new Set(runtimes)).toEqual(new Set([join(cudaRuntime, 'libonnxruntime.so.1')]));

    const { json } = await cliJson(['doctor'], { env: { XDG_CACHE_HOME: cache } });
    const { checks } = json as Pick<HealthResult, 'checks'>;
    const check = checks.find((candidate) => candidate.name === 'onnxruntime');
    expect(check).toMatchObject({ state: 'warning', detail: expect.stringContaining(wanted) as string });
    expect(check?.hint).toContain('CUDA 12 and cuDNN 9');
  });

  it('leaves the work to the CPU where its files do not load', async () => {
    const { folder: cudaRuntime } = await installCuda(options({ archive }));
    writeFileSync(join(cudaRuntime, 'onnxruntime_binding.node'), 'no library');
    const thread = inferenceThread<InferenceApi>('test', { cudaRuntime });
    onTestFinished(() => thread.dispose());
    const loaded = await thread.request('load', { ...testGraph(), providers: ['cuda', 'cpu'], threads: 1 });
    expect(loaded).toMatchObject({
      provider: 'cpu',
      fallback: expect.stringContaining(`${cudaRuntime} cannot be used`) as string,
    });
  });

  it('is a command', async () => {
    const install = (...more: string[]): ReturnType<typeof cliJson> =>
      cliJson(['cuda', 'install', '--cuda-dir', cuda(), ...more]);
    expect(await install('--archive', archive)).toMatchObject({
      code: EXIT.ok,
      json: { version, verified: false, folder: join(cuda(), version) },
    });
    expect(await install('--archive', join(folder, 'missing.nupkg'))).toMatchObject({
      code: EXIT.environment,
      json: { error: { code: 'model/missing' } },
    });
  });
});
