import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { linkSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readRegularSync } from '../../models/files/regularFile';
import { defaultCacheFolder } from '../../models/library';
import { makeFolder } from '../../models/files/makeFolder';

/**
 * A frame index is kept in a database that may come from a stranger, and says things that only decoding the whole video could
 * disprove: how large it is, how many frames there are. So it is sealed with a secret of this user on this machine, together with
 * the video's fingerprint, and one without the right seal is made anew, unread.
 */

const ALGORITHM = 'sha256';
export const SEAL_BYTES = 32;

/** The seal, then the bytes. */
export function sealIndex(bytes: Uint8Array, fingerprint: string): Uint8Array {
  return Buffer.concat([sealOf(bytes, fingerprint), bytes]);
}

/** The bytes; undefined where the seal is not ours. */
export function openSealedIndex(sealed: Uint8Array, fingerprint: string): Uint8Array | undefined {
  const bytes = sealed.subarray(SEAL_BYTES);
  const seal = sealed.subarray(0, SEAL_BYTES);
  return seal.length === SEAL_BYTES && timingSafeEqual(seal, sealOf(bytes, fingerprint)) ? bytes : undefined;
}

function sealOf(bytes: Uint8Array, fingerprint: string): Buffer {
  return createHmac(ALGORITHM, secret()).update(`${fingerprint}\0`).update(bytes).digest();
}

let known: Buffer | undefined;

/** Kept where only this user can write; where it cannot be kept, indexes hold for as long as this thread does. */
function secret(): Buffer {
  if (known) return known;
  const file = join(defaultCacheFolder(), 'index.key');
  return (known = readSecret(file) ?? makeSecret(file));
}

function readSecret(file: string): Buffer | undefined {
  try {
    const found = readRegularSync(file, SEAL_BYTES);
    return found.length === SEAL_BYTES ? found : undefined;
  } catch {
    return undefined;
  }
}

function makeSecret(file: string): Buffer {
  const made = randomBytes(SEAL_BYTES);
  const draft = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    makeFolder(dirname(file));
    writeFileSync(draft, made, { mode: 0o600, flag: 'wx' });
    // Of several that make one, the first wins; it is there whole or not at all.
    linkSync(draft, file);
    return made;
  } catch {
    return readSecret(file) ?? made;
  } finally {
    rmSync(draft, { force: true });
  }
}
