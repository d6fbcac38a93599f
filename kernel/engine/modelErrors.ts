import { ModelFileError, type ModelFileProblem } from '../../models/modelFileError';
import { MaskletError } from '../errors';
import type { ErrorCode } from '../protocol';

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
  if (!(error instanceof ModelFileError)) return error;
  const { problem, message, hint, file } = error;
  return new MaskletError(codes[problem], message, { hint, file, cause: error });
}
