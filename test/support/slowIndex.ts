import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A program that is ffmpeg, but indexes a video no faster than it would be played: so that a test can look on while the index
 * grows. All other decoding is as fast as ever.
 *
 * @returns its path, in `folder`.
 */
export async function slowIndexing(folder: string, ffmpeg: string): Promise<string> {
  const path = join(folder, 'slow-ffmpeg');
  const script = `#!/bin/sh
case "$*" in
  *scale=2:2*) exec '${ffmpeg}' -re "$@" ;;
  *) exec '${ffmpeg}' "$@" ;;
esac
`;
  await writeFile(path, script);
  await chmod(path, 0o755);
  return path;
}
