import type { ObjectRecord } from '../../../shared/domain/annotations';
import { readSidecarObjects } from './files';
import { lineFile } from './layout';
import { LineError, parseLine, type LineContext } from './parseLine';

/** Objects have nothing that the video's size or length decides about. */
const ANY_VIDEO: LineContext = { width: 1, height: 1, frameCount: 1, hasObject: () => true };

/**
 * The objects of a sidecar, without a look at its masks; those whose file is broken are left out.
 * @throws MaskletError where a file cannot be read
 */
export function readObjects(folder: string): ObjectRecord[] {
  const objects: ObjectRecord[] = [];
  for (const [path, { content }] of readSidecarObjects(folder)) {
    const file = lineFile(path);
    if (file?.kind !== 'object') continue;
    try {
      const row = parseLine(content.toString('utf8').trim(), file, ANY_VIDEO);
      if (row.kind === 'object') objects.push(row.record);
    } catch (error) {
      // `masklet check` says what is wrong with it.
      if (!(error instanceof LineError)) throw error;
    }
  }
  return objects;
}
