import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pathOutside, refuseOwnLinks, refuseToWriteOutside } from '../../../../models/files/ownPath';
import { temporaryFolder } from '../../../support/storageFixture';

describe.skipIf(process.platform === 'win32')('links', () => {
  it('above Masklet\u2019s folders are followed, those that are its folders or lie in them are not', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'real', 'clip.mp4.masklet'), { recursive: true });
    symlinkSync('real', join(folder, 'link'));
    expect(() => refuseOwnLinks(join(folder, 'link', 'clip.mp4.masklet', 'video.json'))).not.toThrow();
    symlinkSync('/nowhere', join(folder, 'real', 'clip.mp4.masklet', 'masks'));
    const inside = join(folder, 'link', 'clip.mp4.masklet', 'masks', 'a.jsonl');
    expect(() => refuseOwnLinks(inside)).toThrow(expect.objectContaining({ problem: 'link' }));
    symlinkSync('real', join(folder, '.masklet'));
    expect(() => refuseOwnLinks(join(folder, '.masklet'))).toThrow(/is a symbolic link/);
  });

  it('that lead out of a dataset are not written through', () => {
    const root = temporaryFolder();
    const outside = temporaryFolder();
    mkdirSync(join(root, 'inside'));
    symlinkSync(outside, join(root, 'out'));
    symlinkSync('inside', join(root, 'in'));
    const sidecar = (name: string): string => join(root, name, 'clip.mp4.masklet');
    expect(() => refuseToWriteOutside(sidecar('in'), root)).not.toThrow();
    expect(() => refuseToWriteOutside(sidecar('new/deep'), root)).not.toThrow();
    expect(() => refuseToWriteOutside(sidecar('out'), root)).toThrow(
      expect.objectContaining({ problem: 'outside' }),
    );
    expect(pathOutside(join(root, 'in', 'x.mp4'), root)).toBeUndefined();
    expect(pathOutside(join(root, 'out', 'x.mp4'), root)).toBe(join(outside, 'x.mp4'));
  });

  it('to a dataset itself are its owner\u2019s business', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'real'));
    symlinkSync('real', join(folder, 'root'));
    const root = join(folder, 'root');
    expect(() => refuseToWriteOutside(join(root, 'clip.mp4.masklet'), root)).not.toThrow();
  });
});
