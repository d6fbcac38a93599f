import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { download, type DownloadSpec } from '../../../models/download';
import { cut, stalling, startHttpServer, startOf, whole, type HttpServer } from '../../support/httpServer';

const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 31) % 251));
const sha256 = createHash('sha256').update(content).digest('hex');

let folder: string;
let server: HttpServer;
const serve = whole(content);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'masklet-download-'));
  server = await startHttpServer(serve);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const spec = (path = '/model.pt'): DownloadSpec => ({
  url: server.base + path,
  bytes: content.length,
  sha256,
});
const target = (): string => join(folder, 'models', 'model.pt');
const files = (): string[] => readdirSync(join(folder, 'models'));

describe('download', () => {
  it('says which of two published hashes a file misses', async () => {
    const header = `blob ${content.length}\0`;
    const gitBlob = createHash('sha1').update(header).update(content).digest('hex');
    await download({ ...spec(), gitBlob }, target());
    expect(readFileSync(target()).equals(content)).toBe(true);
    const refusal = async (wanted: Partial<DownloadSpec>): Promise<string> => {
      rmSync(target(), { force: true });
      const error: unknown = await download({ ...spec(), gitBlob, ...wanted }, target()).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ problem: 'corrupted' });
      expect(files()).toEqual([]);
      return (error as Error).message;
    };
    const other = 'f'.repeat(64);
    expect(await refusal({ sha256: other })).toMatch(
      new RegExp(`SHA-256 ${sha256} instead of ${other}, while its git blob id is the one wanted`),
    );
    const otherBlob = 'e'.repeat(40);
    expect(await refusal({ gitBlob: otherBlob })).toMatch(
      new RegExp(`git blob id ${gitBlob} instead of ${otherBlob}, while its SHA-256 is the one wanted`),
    );
    expect(await refusal({ sha256: other, gitBlob: otherBlob })).toMatch(
      /SHA-256 \w+ instead of f+ and git blob id \w+ instead of e+\./,
    );
  });

  it('fetches, verifies and says how far it is', async () => {
    const progress: number[] = [];
    await download(spec(), target(), { onProgress: (bytes) => progress.push(bytes) });
    expect(readFileSync(target()).equals(content)).toBe(true);
    expect(files()).toEqual(['model.pt']);
    expect(progress[0]).toBe(0);
    expect(progress.at(-1)).toBe(content.length);
    expect([...progress].sort((a, b) => a - b)).toEqual(progress);
  });

  it('goes on after a cut, in the same call and in a later one', async () => {
    server.answer = (request, response) =>
      (server.requests.length === 1 ? cut(content, 100_000) : serve)(request, response);
    await download(spec(), target(), { retryDelayMs: 1 });
    expect(readFileSync(target()).equals(content)).toBe(true);
    expect(startOf(server.requests[1])).toBeGreaterThan(0);

    rmSync(target());
    server.requests.length = 0;
    server.answer = cut(content, 50_000);
    await expect(download(spec(), target(), { retries: 0 })).rejects.toMatchObject({ problem: 'download' });
    expect(files()).toEqual(['model.pt.part']);
    const have = readFileSync(`${target()}.part`).length;
    expect(have).toBeGreaterThan(0);
    server.answer = serve;
    await download(spec(), target());
    expect(startOf(server.requests[1])).toBe(have);
    expect(readFileSync(target()).equals(content)).toBe(true);
  });

  it('starts again where the server cannot go on in the middle', async () => {
    await download(spec(), target());
    rmSync(target());
    writeFileSync(`${target()}.part`, Buffer.alloc(1000, 7));
    server.answer = (_, response) =>
      response.writeHead(200, { 'content-length': content.length }).end(content);
    await download(spec(), target());
    expect(readFileSync(target()).equals(content)).toBe(true);
  });

  it('asks a busy server again, and gives up after some time', async () => {
    server.answer = (request, response) =>
      server.requests.length < 3 ? void response.writeHead(503).end() : serve(request, response);
    await download(spec(), target(), { retryDelayMs: 1 });
    expect(server.requests.length).toBe(3);
    rmSync(target());
    server.answer = (_, response) => void response.writeHead(503).end();
    await expect(download(spec(), target(), { retries: 2, retryDelayMs: 1 })).rejects.toThrow(/answers 503/);
    expect(server.requests.length).toBe(6);
  });

  it('refuses what is not the file wanted, and keeps none of it', async () => {
    server.answer = (_, response) => response.end(Buffer.alloc(content.length));
    await expect(download(spec(), target())).rejects.toMatchObject({ problem: 'corrupted' });
    expect(files()).toEqual([]);
    server.answer = (_, response) => response.writeHead(200, { 'content-length': 5 }).end('short');
    await expect(download(spec(), target())).rejects.toThrow(/5 bytes instead of 300000/);
    // Without a length, what is too much shows only while it comes.
    server.answer = (_, response) => {
      response.write(content);
      response.end('more');
    };
    await expect(download(spec(), target())).rejects.toThrow(/more than 300000 bytes/);
    writeFileSync(`${target()}.part`, Buffer.alloc(content.length));
    await expect(download(spec(), target())).rejects.toThrow(/SHA-256/);
    server.answer = serve;
    await download(spec(), target());
  });

  it('names a missing file, and does not ask for it again', async () => {
    server.answer = (_, response) => void response.writeHead(404).end();
    await expect(download(spec(), target())).rejects.toThrow(
      /model\.pt failed: the server answers 404 Not Found/,
    );
    expect(server.requests.length).toBe(1);
  });

  it('follows redirects, but not for ever', async () => {
    server.answer = (request, response) =>
      request.url === '/old'
        ? void response.writeHead(302, { location: '/new' }).end()
        : serve(request, response);
    await download(spec('/old'), target());
    expect(readFileSync(target()).equals(content)).toBe(true);
    rmSync(target());
    server.answer = (_, response) => void response.writeHead(302, { location: '/old' }).end();
    await expect(download(spec('/old'), target())).rejects.toThrow(/redirects too often/);
  });

  it('goes through the proxy of the environment, but not where it says not to', async () => {
    const proxy = await startHttpServer(serve);
    vi.stubEnv('HTTP_PROXY', proxy.base);
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    // Only a proxy can know this name.
    const url = 'http://models.invalid/model.pt';
    await download({ ...spec(), url }, target(), { retries: 0 });
    expect(readFileSync(target()).equals(content)).toBe(true);
    expect(proxy.requests.map((request) => request.url)).toEqual([url]);
    rmSync(target());
    await download(spec(), target());
    expect([proxy.requests.length, server.requests.length]).toEqual([1, 1]);
  });

  it('neither waits for ever on a proxy that makes no connection, nor cannot be stopped meanwhile', async () => {
    const proxy = await startHttpServer(serve);
    const connects = proxy.holdConnects();
    vi.stubEnv('HTTPS_PROXY', proxy.base);
    vi.stubEnv('NO_PROXY', '');
    const secret = { ...spec(), url: 'https://models.invalid/model.pt' };
    await expect(download(secret, target(), { silenceMs: 50, retries: 0 })).rejects.toThrow(/nothing came/);
    const stop = new AbortController();
    const running = download(secret, target(), { signal: stop.signal });
    while (connects.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
    expect(connects).toEqual(['models.invalid:443', 'models.invalid:443']);
  });

  it('says where there is no room before it begins', async () => {
    const freeBytes = (): Promise<number> => Promise.resolve(1000);
    await expect(download(spec(), target(), { freeBytes })).rejects.toMatchObject({ problem: 'no-space' });
    expect(server.requests).toEqual([]);
  });

  it('stops when asked to, and goes on later', async () => {
    const stop = new AbortController();
    server.answer = stalling(content, 70_000);
    const running = download(spec(), target(), {
      signal: stop.signal,
      onProgress: (bytes) => bytes >= 70_000 && stop.abort(),
    });
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
    expect(readFileSync(`${target()}.part`).equals(content.subarray(0, 70_000))).toBe(true);
    server.answer = serve;
    await download(spec(), target());
    expect(readFileSync(target()).equals(content)).toBe(true);
  });

  it('does not wait for ever on a server that says nothing', async () => {
    server.answer = () => undefined;
    await expect(download(spec(), target(), { silenceMs: 50, retries: 0 })).rejects.toThrow(/nothing came/);
  });
});
