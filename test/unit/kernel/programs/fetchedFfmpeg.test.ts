import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  findFetchedFfmpeg,
  installFfmpeg,
  type FfmpegInstallOptions,
} from '../../../../kernel/programs/fetchedFfmpeg';
import { ffmpegBuild, type FfmpegBuild } from '../../../../kernel/programs/ffmpegBuilds';
import { atLeast, findFfmpeg } from '../../../../kernel/video/ffmpeg';
import { cut, stalling, startHttpServer, whole, type HttpServer } from '../../../support/httpServer';

/** A program that says it is ffmpeg, of some size. */
const program = Buffer.from(
  `#!/bin/sh\necho 'ffmpeg version 7.0.2 Copyright'\nexit\n${'#'.repeat(200_000)}\n`,
);
const posix = process.platform !== 'win32';

let folder: string;
let server: HttpServer;
let build: FfmpegBuild;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'masklet-ffmpeg-'));
  server = await startHttpServer(whole(program));
  build = {
    version: '7.0.2',
    url: `${server.base}/ffmpeg`,
    bytes: program.length,
    sha256: createHash('sha256').update(program).digest('hex'),
  };
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const install = (
  options: Partial<FfmpegInstallOptions> = {},
): Promise<{ readonly path: string; readonly version: string }> =>
  installFfmpeg({ folder, build, signal: new AbortController().signal, retryDelayMs: 10, ...options });
const files = (): string[] => readdirSync(folder, { recursive: true }).map(String).sort();

describe('the builds that can be fetched', () => {
  it.each([
    ['linux', 'x64'],
    ['linux', 'arm64'],
    ['darwin', 'x64'],
    ['darwin', 'arm64'],
    ['win32', 'x64'],
    ['win32', 'arm64'],
  ] as const)('there is one for %s on %s, at an address whose content is fixed', (platform, arch) => {
    const found = ffmpegBuild(platform, arch);
    expect(found?.url).toMatch(/^https:\/\/[^?]+\/[0-9a-f]{40}\//);
    expect(found?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(found?.bytes).toBeGreaterThan(10e6);
    expect(atLeast(found?.version ?? '', 5, 1)).toBe(true);
  });

  it('there is none for other machines', () => {
    expect(ffmpegBuild('freebsd', 'x64')).toBeUndefined();
    expect(ffmpegBuild('linux', 'riscv64')).toBeUndefined();
  });
});

describe('fetching ffmpeg', () => {
  it('reports how far it is, and leaves the program alone in its folder', async () => {
    const told: number[] = [];
    const { path, version } = await install({ onProgress: ({ bytes, total }) => told.push(bytes / total) });
    expect(version).toBe('7.0.2');
    expect(readFileSync(path).equals(program)).toBe(true);
    expect(told.at(-1)).toBe(1);
    expect(files()).toHaveLength(2);
    expect(await findFetchedFfmpeg([join(folder, 'elsewhere'), folder], build)).toBe(path);
  });

  it.runIf(posix && ffmpegBuild())('the kernel finds it where there is no other one', async () => {
    const own = ffmpegBuild();
    vi.stubEnv('PATH', folder);
    const { path } = await install({ build: { ...build, version: own?.version ?? '' } });
    const found = await findFfmpeg(undefined, folder);
    // A checkout may have the package ffmpeg-static, which comes first.
    if (found.origin !== 'ffmpeg-static') expect(found).toMatchObject({ path, origin: 'fetched' });
  });

  it('resumes where the connection broke', async () => {
    server.answer = cut(program, 120_000);
    const { path } = await install({ onProgress: () => (server.answer = whole(program)) });
    const starts = server.requests.map((request) => request.headers.range);
    expect(starts).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
    expect(readFileSync(path).equals(program)).toBe(true);
  });

  it('goes through a proxy', async () => {
    const proxy = await startHttpServer(whole(program));
    vi.stubEnv('HTTP_PROXY', proxy.base);
    vi.stubEnv('NO_PROXY', '');
    // Only a proxy can know this name.
    const url = 'http://ffmpeg.invalid/ffmpeg';
    await install({ build: { ...build, url } });
    expect(proxy.requests.map((request) => request.url)).toEqual([url]);
  });

  it('keeps nothing of another content, and says how to install it by hand', async () => {
    const other = Buffer.from(program);
    other[other.length - 2] = 33;
    server.answer = whole(other);
    await expect(install()).rejects.toMatchObject({
      code: 'ffmpeg/download-failed',
      message: expect.stringContaining('SHA-256') as string,
      hint: expect.stringMatching(/install.*masklet\.ffmpegPath/i) as string,
    });
    expect(await findFetchedFfmpeg([folder], build)).toBeUndefined();
    expect(files().filter((name) => name.includes('ffmpeg'))).toEqual([]);
  });

  it('leaves the one that is there alone where another download fails', async () => {
    const { path } = await install();
    server.answer = (_request, response) => response.writeHead(404).end();
    await expect(install()).rejects.toMatchObject({ code: 'ffmpeg/download-failed' });
    expect(readFileSync(path).equals(program)).toBe(true);
  });

  it('says where there is no room', async () => {
    await expect(install({ freeBytes: () => Promise.resolve(10) })).rejects.toMatchObject({
      code: 'storage/no-space',
      message: expect.stringContaining(folder) as string,
    });
    expect(server.requests).toEqual([]);
  });

  it('can be cancelled, and resumes later', async () => {
    const stop = new AbortController();
    server.answer = stalling(program, 50_000);
    const onProgress = ({ bytes }: { readonly bytes: number }): void => {
      if (bytes >= 50_000) stop.abort();
    };
    await expect(install({ signal: stop.signal, onProgress })).rejects.toMatchObject({ code: 'cancelled' });
    server.answer = whole(program);
    await install();
    expect(server.requests.at(-1)?.headers.range).toBe('bytes=50000-');
  });
});
