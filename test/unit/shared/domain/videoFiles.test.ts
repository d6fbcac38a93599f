import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../../kernel/runtime/paths';
import { isVideoName, VIDEO_ENDINGS } from '../../../../shared/domain/videoFiles';

describe('video files by name', () => {
  it('knows them in any case, with either slash', () => {
    for (const ending of VIDEO_ENDINGS) {
      expect(isVideoName(`a/clip.${ending}`)).toBe(true);
      expect(isVideoName(`a\\clip.${ending.toUpperCase()}`)).toBe(true);
      expect(isVideoName(`clip.${ending}.masklet`)).toBe(false);
      expect(isVideoName(`clip${ending}`)).toBe(false);
    }
  });

  it('is the list that the manifest has', () => {
    const manifest = readFileSync(join(packageRoot(), 'package.json'), 'utf8');
    const lists = manifest.match(/\bmp4\|[\w|]*/g) ?? [];
    expect(lists.length).toBeGreaterThan(0);
    for (const list of lists)
      expect(list.toLowerCase().split('|')).toEqual(expect.arrayContaining([...VIDEO_ENDINGS]));
  });
});
