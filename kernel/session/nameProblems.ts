import { basename } from 'node:path';
import type { Problem } from '../../shared/protocol/errors';

/** Bytes of one name, in the file systems of Linux and macOS; Windows counts as many characters. */
const MAX_NAME_BYTES = 255;

/** What is to be said at opening of a video whose annotations could not be saved beside it. */
export function nameProblems(sidecar: string): readonly Problem[] {
  const name = basename(sidecar);
  const length = Buffer.byteLength(name);
  if (length <= MAX_NAME_BYTES) return [];
  return [
    {
      code: 'storage/failed',
      message:
        `The name of this video is too long: its annotations cannot be saved, for their folder "${name.slice(0, 40)}..." would have ` +
        `a name of ${length} bytes, and file systems hold ${MAX_NAME_BYTES}. Give the video a shorter name.`,
      file: sidecar,
    },
  ];
}
