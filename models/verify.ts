import { stat } from 'node:fs/promises';
import { modelFolderVariable, type ModelFile } from './catalogue';
import { hashOf } from './hashFile';
import { ModelFileError } from './modelFileError';

const reinstall = `Run "npm install" again, or set ${modelFolderVariable} to a folder that holds the file.`;

/**
 * Checks that the file at `path` is the one wanted: size first, then the SHA-256 of its content, read as a stream.
 * @throws ModelFileError `missing` where it cannot be read, `corrupted` where size or content are others.
 * @throws the signal's reason where `signal` aborts.
 */
export async function verifyModelFile(path: string, wanted: ModelFile, signal?: AbortSignal): Promise<void> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new ModelFileError('missing', path, `The model file ${path} is missing.`, reinstall, cause);
  });
  if (!found.isFile()) {
    throw new ModelFileError('missing', path, `The model file ${path} is not a file.`, reinstall);
  }
  if (found.size !== wanted.bytes) {
    throw new ModelFileError(
      'corrupted',
      path,
      `The model file ${path} has ${found.size} bytes instead of ${wanted.bytes}.`,
      `Delete it. ${reinstall}`,
    );
  }
  const hash = await hashOf(path, signal).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw new ModelFileError('missing', path, `The model file ${path} cannot be read.`, reinstall, cause);
  });
  const sha256 = hash.digest('hex');
  if (sha256 !== wanted.sha256) {
    throw new ModelFileError(
      'corrupted',
      path,
      `The model file ${path} has SHA-256 ${sha256} instead of ${wanted.sha256}.`,
      `Delete it. ${reinstall}`,
    );
  }
}
