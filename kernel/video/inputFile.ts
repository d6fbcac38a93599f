import { constants } from 'node:fs';
import { MaskletError, errnoOf, fileRefused } from '../../shared/protocol/errors';
import { access, stat } from 'node:fs/promises';
import { isImageName } from '../../shared/domain/videoFiles';
import { FileError } from '../../shared/protocol/fileError';
import { readHead } from '../../models/files/regularFile';

const LFS_HEADER = 'version https://git-lfs.github.com/spec/';

/**
 * Looks at a path before any decoder does, so that the plain causes get plain words.
 * @returns a video file, a folder of images, or a single image
 * @throws MaskletError `video/not-found`, `video/unreadable`, `video/empty`, `video/git-lfs-pointer`, `video/not-a-video`.
 */
export async function inspectInput(path: string): Promise<'file' | 'images' | 'image'> {
  let head: Buffer;
  try {
    const found = await stat(path);
    if (found.isDirectory()) {
      await access(path, constants.R_OK | constants.X_OK);
      return 'images';
    }
    if (!found.isFile()) {
      throw new MaskletError('video/not-a-video', `"${path}" is neither a file nor a folder.`, {
        file: path,
      });
    }
    head = await readHead(path, 200);
  } catch (error) {
    throw error instanceof MaskletError ? error : readError(path, error);
  }
  if (head.length === 0) {
    throw new MaskletError('video/empty', `"${path}" is empty (0 bytes).`, {
      hint: 'Copy or download the video again.',
      file: path,
    });
  }
  if (isLfsPointer(head)) throw lfsPointer(path);
  return isImageName(path) ? 'image' : 'file';
}

export function lfsPointer(path: string): MaskletError {
  return new MaskletError('video/git-lfs-pointer', `"${path}" is a Git LFS pointer, not the file itself.`, {
    hint: 'Fetch the content with "git lfs pull".',
    file: path,
  });
}

export function isLfsPointer(head: Buffer): boolean {
  return head.toString('latin1', 0, LFS_HEADER.length) === LFS_HEADER;
}

/** A failed stat, open or read of the video as a typed error. */
export function readError(path: string, error: unknown): MaskletError {
  if (error instanceof FileError) return fileRefused(error);
  const errno = errnoOf(error);
  if (errno === 'ENOENT' || errno === 'ENOTDIR') {
    return new MaskletError('video/not-found', `"${path}" does not exist.`, {
      hint: 'Check the path; the file may have been moved or renamed.',
      file: path,
      cause: error,
    });
  }
  const denied = errno === 'EACCES' || errno === 'EPERM';
  return new MaskletError('video/unreadable', `"${path}" cannot be read (${errno ?? String(error)}).`, {
    hint: denied ? 'Give yourself read permission on it.' : 'Check the disk or the network drive it lies on.',
    file: path,
    cause: error,
  });
}
