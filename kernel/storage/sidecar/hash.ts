import { createHash } from 'node:crypto';

/** Stands for the line, or the several lines in conflict, of one key; undefined for none. */
export function linesHash(lines: readonly string[]): string | undefined {
  if (lines.length === 0) return undefined;
  // 128 bits: chance never makes two of them equal.
  return createHash('sha256').update(lines.join('\n')).digest('base64url').slice(0, 22);
}

/** SHA-256 of a file's bytes, hexadecimal. */
export function fileHash(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}
