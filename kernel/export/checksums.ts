import { createHash } from 'node:crypto';
import { MAX_BYTES, readRegular } from '../../models/files/regularFile';

/** In an export: the SHA-256 of every other file in it, as `sha256sum -c` reads them. */
export const CHECKSUMS_FILE = 'files.sha256';

export function sha256Of(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

/** @param files paths with forward slashes and their SHA-256 */
export function checksumsText(files: ReadonlyMap<string, string>): string {
  return [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, sha256]) => `${lineOf(path, sha256)}\n`)
    .join('');
}

/** By path; undefined where the file is missing or is none. Paths that lead out of the export are left out. */
export async function readChecksums(file: string): Promise<ReadonlyMap<string, string> | undefined> {
  const text = await readRegular(file, MAX_BYTES.large).then(
    (bytes) => bytes.toString('utf8'),
    () => undefined,
  );
  if (text === undefined) return undefined;
  const files = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, escaped, sha256, name] = /^(\\?)([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    if (name === undefined || sha256 === undefined) continue;
    const path = escaped === '' ? name : unescaped(name);
    if (!path.split('/').some((part) => part === '' || part === '.' || part === '..'))
      files.set(path, sha256);
  }
  return files;
}

/** As GNU's tool does: a backslash in front where the name has one, or a line break, in it. */
function lineOf(path: string, sha256: string): string {
  const escaped = path.replace(/[\\\n\r]/g, (c) => (c === '\n' ? '\\n' : c === '\r' ? '\\r' : '\\\\'));
  return `${escaped === path ? '' : '\\'}${sha256}  ${escaped}`;
}

function unescaped(name: string): string {
  return name.replace(/\\([\\nr])/g, (_, c: string) => (c === 'n' ? '\n' : c === 'r' ? '\r' : c));
}
