import { openRegular } from '../../models/files/regularFile';

/** What is read of a file's start and of its end, where the headers of an MP4 may lie. */
const WINDOW_BYTES = 8 * 2 ** 20;

/**
 * Whether a video's container says that its pictures are encrypted, as those of streaming services are: decoders show noise or
 * nothing, and blame the file. In MP4 a sample entry is called `encv` (ISO/IEC 23001-7) and names its scheme (`schm`); Matroska
 * and WebM have a ContentEncryption element (RFC 9559).
 */
export async function isEncrypted(path: string): Promise<boolean> {
  const file = await openRegular(path);
  try {
    const { size } = await file.stat();
    const starts = [0, ...(size > WINDOW_BYTES ? [Math.max(WINDOW_BYTES, size - WINDOW_BYTES)] : [])];
    for (const start of starts) {
      const length = Math.min(WINDOW_BYTES, size - start);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start);
      if (saysEncrypted(buffer.subarray(0, bytesRead))) return true;
    }
    return false;
  } finally {
    await file.close();
  }
}

function saysEncrypted(bytes: Buffer): boolean {
  // A sample entry holds its protection scheme: the two words near each other are no accident.
  for (let at = bytes.indexOf('encv'); at >= 0; at = bytes.indexOf('encv', at + 1)) {
    if (bytes.subarray(at, at + 4096).includes('schm')) return true;
  }
  const isMatroska = bytes.length > 4 && bytes.readUInt32BE(0) === 0x1a45dfa3;
  // ContentEncAlgo inside of ContentEncryption.
  for (
    let at = isMatroska ? bytes.indexOf(CONTENT_ENCRYPTION) : -1;
    at >= 0;
    at = bytes.indexOf(CONTENT_ENCRYPTION, at + 1)
  ) {
    if (bytes.subarray(at, at + 64).includes(CONTENT_ENC_ALGO)) return true;
  }
  return false;
}

const CONTENT_ENCRYPTION = Buffer.from([0x50, 0x35]);
const CONTENT_ENC_ALGO = Buffer.from([0x47, 0xe1]);
