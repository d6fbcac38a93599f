import { ModelFileError, type ModelFileProblem } from '../../models/modelFileError';
import { errnoOf, MaskletError } from '../../shared/protocol/errors';
import type { ErrorCode } from '../../shared/protocol/errors';

const codes: Readonly<Record<ModelFileProblem, ErrorCode>> = {
  unknown: 'model/unknown',
  missing: 'model/missing',
  corrupted: 'model/corrupted',
  unsupported: 'model/unsupported',
  undetermined: 'model/undetermined',
  download: 'model/download-failed',
  'no-space': 'storage/no-space',
};

/** What went wrong with a model's files as the project's own error; anything else as it is. */
export function fromModelError(error: unknown): unknown {
  if (errnoOf(error) === 'ENOSPC') {
    return new MaskletError('storage/no-space', `The disk is full: ${(error as Error).message}.`, {
      hint: 'Free some space, or move the model folder with the setting masklet.modelDir or --model-dir.',
      cause: error,
    });
  }
  if (!(error instanceof ModelFileError)) return error;
  const { problem, message, hint, file } = error;
  return new MaskletError(codes[problem], message, { hint, file, cause: error });
}
