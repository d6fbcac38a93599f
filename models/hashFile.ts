import { createHash, type Hash } from 'node:crypto';
import { streamRegular } from './files/regularFile';

export type HashAlgorithm = 'sha256' | 'sha512';

/**
 * The hash of a file's content so far, to be read out or fed further.
 * @param begun a hash, perhaps one that was fed already.
 * @throws the signal's reason where it aborts; errors of the file system.
 */
export async function hashOf(
  path: string,
  signal?: AbortSignal,
  begun: HashAlgorithm | Hash = 'sha256',
): Promise<Hash> {
  const hash = typeof begun === 'string' ? createHash(begun) : begun;
  for await (const chunk of streamRegular(path, { chunkBytes: 1 << 20, signal })) hash.update(chunk);
  return hash;
}
