import { createHash, type Hash } from 'node:crypto';
import { open, rename, rm, stat, statfs, type FileHandle } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeFolder } from './files/makeFolder';
import { hashOf, type HashAlgorithm } from './hashFile';
import { ModelFileError } from './modelFileError';

/** A file to be fetched, known by its content; hashes are in hexadecimal. */
export type DownloadSpec = {
  readonly url: string;
  readonly bytes: number;
  /** The id that git gives the same content; where it is known, an error says which of both a file misses. */
  readonly gitBlob?: string;
} & ({ readonly sha256: string } | { readonly sha512: string });

export interface DownloadOptions {
  readonly signal?: AbortSignal;
  /** Called with the bytes there so far. */
  readonly onProgress?: (bytes: number) => void;
  /** How often a connection that broke is made again. */
  readonly retries?: number;
  /** Milliseconds before the first retry; it doubles with each. */
  readonly retryDelayMs?: number;
  /** Milliseconds without a byte after which a connection counts as broken. */
  readonly silenceMs?: number;
  /** What else can be done where no connection comes about; default: importing a checkpoint. */
  readonly byHand?: string;
  /** Bytes free at a folder; default: what the file system says. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

const maxRedirects = 5;

const importByHand =
  'fetch the file by other means and import it: "Masklet: Import Checkpoint" in VS Code, or "masklet models import FILE".';

/** A connection that broke: what is there stays, and trying again goes on from it. */
class BrokenConnection extends Error {}

/**
 * Fetches a file to `path`. What is there of it lies in `path.part` until its size and SHA-256 are right, and a later call
 * goes on from there. Proxies are taken from the environment (HTTPS_PROXY, NO_PROXY, ...).
 * @throws ModelFileError `download`, `corrupted` (what came is not the file wanted) or `no-space`; the signal's reason
 *   where it aborts.
 */
export async function download(
  spec: DownloadSpec,
  path: string,
  options: DownloadOptions = {},
): Promise<void> {
  const { signal, retries = 5, retryDelayMs = 1000, byHand = importByHand } = options;
  const part = `${path}.part`;
  makeFolder(dirname(path));
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    try {
      await fetchPart(spec, part, options);
      await rename(part, path);
      return;
    } catch (error) {
      signal?.throwIfAborted();
      if (isNoSpace(error)) throw noSpace(spec, part, error);
      if (!(error instanceof BrokenConnection)) throw error;
      if (attempt >= retries) {
        throw new ModelFileError(
          'download',
          path,
          `Downloading ${spec.url} failed: ${error.message}.`,
          `Check the connection and try again: the download resumes where it stopped. Behind a firewall, ${byHand}`,
          error,
        );
      }
      await delay(retryDelayMs * 2 ** attempt, undefined, { signal });
    }
  }
}

/** Far above what describes a package. */
const maxJsonBytes = 8 << 20;

/** Fetches a JSON document. @throws ModelFileError `download`; the signal's reason where it aborts. */
export async function fetchJson(url: string, options: DownloadOptions = {}): Promise<unknown> {
  const { signal } = options;
  try {
    const response = await get(url, 0, options);
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of response) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes > maxJsonBytes) throw new BrokenConnection(`more than ${maxJsonBytes} bytes came`);
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ModelFileError) throw error;
    throw refused(url, reasonOf(error), options);
  }
}

function digestOf(spec: DownloadSpec): [HashAlgorithm, string] {
  return 'sha256' in spec ? ['sha256', spec.sha256] : ['sha512', spec.sha512];
}

/** One connection: brings the part file from what it holds to the whole, and checks it. */
async function fetchPart(spec: DownloadSpec, part: string, options: DownloadOptions): Promise<void> {
  const { signal, freeBytes = freeBytesAt } = options;
  const [algorithm, wanted] = digestOf(spec);
  let have = (await stat(part).catch(() => undefined))?.size ?? 0;
  if (have > spec.bytes) {
    await rm(part);
    have = 0;
  }
  const free = await freeBytes(dirname(part));
  if (free < spec.bytes - have) throw noSpace(spec, part);
  let hash = have > 0 ? await hashOf(part, signal, algorithm) : createHash(algorithm);
  if (have < spec.bytes) {
    const response = await get(spec.url, have, options);
    if (have > 0 && response.statusCode === 200) {
      // The server sends the whole file again.
      have = 0;
      hash = createHash(algorithm);
    }
    const length = Number(response.headers['content-length'] ?? spec.bytes - have);
    if (have + length !== spec.bytes) {
      response.destroy();
      throw wrongContent(spec, part, `${have + length} bytes instead of ${spec.bytes}`, options);
    }
    const file = await open(part, have > 0 ? 'r+' : 'w');
    try {
      have = await receive(response, file, have, spec, part, hash, options);
      await file.sync();
    } finally {
      await file.close();
    }
    if (have < spec.bytes) throw new BrokenConnection('the connection ended early');
  }
  const found = hash.digest('hex');
  const blob = spec.gitBlob === undefined ? undefined : await gitBlobOf(part, spec.bytes, signal);
  const name = algorithm === 'sha256' ? 'SHA-256' : 'SHA-512';
  const misses = [
    ...(found === wanted ? [] : [`${name} ${found} instead of ${wanted}`]),
    ...(blob === spec.gitBlob ? [] : [`git blob id ${blob} instead of ${spec.gitBlob}`]),
  ];
  if (misses.length === 0) return;
  await rm(part);
  const met =
    spec.gitBlob !== undefined && misses.length === 1
      ? `, while its ${found === wanted ? name : 'git blob id'} is the one wanted`
      : '';
  throw wrongContent(spec, part, `${misses.join(' and ')}${met}`, options);
}

/** What git calls a file's content by (gitformat-pack: the SHA-1 of a header and the content). */
async function gitBlobOf(path: string, bytes: number, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha1').update(`blob ${bytes}\0`);
  return (await hashOf(path, signal, hash)).digest('hex');
}

async function receive(
  response: http.IncomingMessage,
  file: FileHandle,
  from: number,
  spec: DownloadSpec,
  part: string,
  hash: Hash,
  options: DownloadOptions,
): Promise<number> {
  const { onProgress, signal } = options;
  let have = from;
  onProgress?.(have);
  try {
    for await (const chunk of response) {
      signal?.throwIfAborted();
      const bytes = chunk as Buffer;
      if (have + bytes.length > spec.bytes) {
        throw wrongContent(spec, part, `more than ${spec.bytes} bytes`, options);
      }
      await file.write(bytes, 0, bytes.length, have);
      hash.update(bytes);
      have += bytes.length;
      onProgress?.(have);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ModelFileError || isNoSpace(error)) throw error;
    throw new BrokenConnection(reasonOf(error));
  }
  return have;
}

/** The answer to a request for the bytes from `start` on, after redirects: status 200 or 206. */
async function get(url: string, start: number, options: DownloadOptions): Promise<http.IncomingMessage> {
  let at = new URL(url);
  for (let n = 0; n <= maxRedirects; n++) {
    const response = await request(at, start, options);
    const { statusCode = 0, headers } = response;
    if (statusCode === 200 || statusCode === 206) return response;
    response.destroy();
    if (statusCode >= 300 && statusCode < 400 && headers.location) {
      const next = new URL(headers.location, at);
      if (next.protocol !== at.protocol && next.protocol !== 'https:') {
        throw refused(url, `it redirects to ${next.href}, which is not encrypted`, options);
      }
      at = next;
      continue;
    }
    // Servers that are overloaded or restart are asked again.
    if (statusCode >= 500 || statusCode === 429)
      throw new BrokenConnection(`the server answers ${statusCode}`);
    throw refused(url, `the server answers ${statusCode} ${response.statusMessage ?? ''}`.trim(), options);
  }
  throw refused(url, 'it redirects too often', options);
}

function request(
  url: URL,
  start: number,
  { signal, silenceMs = 30_000 }: DownloadOptions,
): Promise<http.IncomingMessage> {
  const secure = url.protocol === 'https:';
  const proxyEnv = process.env;
  const agent = secure ? new https.Agent({ proxyEnv }) : new http.Agent({ proxyEnv });
  const headers = start > 0 ? { range: `bytes=${start}-` } : {};
  return new Promise((resolve, reject) => {
    const asked = (secure ? https : http).get(url, { agent, headers, signal }, (response) => {
      stopWaiting();
      resolve(response);
    });
    const silence = `nothing came for ${silenceMs / 1000} s`;
    asked.setTimeout(silenceMs, () => asked.destroy(new Error(silence)));
    // A request has no connection until a proxy has made one, and until then its time limit and its signal do nothing.
    const end = (reason: Error): void => {
      stopWaiting();
      asked.destroy(reason);
      reject(reason);
    };
    const timer = setTimeout(() => end(new BrokenConnection(silence)), silenceMs);
    const cancel = (): void => end(new Error('The request was cancelled.'));
    signal?.addEventListener('abort', cancel);
    function stopWaiting(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
    }
    asked.on('error', (error) => {
      stopWaiting();
      reject(signal?.aborted ? error : new BrokenConnection(reasonOf(error)));
    });
  });
}

async function freeBytesAt(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function refused(url: string, reason: string, { byHand = importByHand }: DownloadOptions): ModelFileError {
  return new ModelFileError(
    'download',
    url,
    `Downloading ${url} failed: ${reason}.`,
    `A proxy or firewall may be blocking it: ${byHand}`,
  );
}

function wrongContent(
  { url }: DownloadSpec,
  part: string,
  reason: string,
  { byHand = importByHand }: DownloadOptions,
): ModelFileError {
  return new ModelFileError(
    'corrupted',
    part,
    `The file at ${url} is not the expected one: it has ${reason}.`,
    `Try again later, or ${byHand}`,
  );
}

function noSpace({ bytes }: DownloadSpec, part: string, cause?: unknown): ModelFileError {
  return new ModelFileError(
    'no-space',
    part,
    `There is no room for ${Math.ceil(bytes / 1e6)} MB in ${dirname(part)}.`,
    'Free some space, or move the model folder with the setting masklet.modelDir or --model-dir.',
    cause,
  );
}

const isNoSpace = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOSPC';
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
