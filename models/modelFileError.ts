import { shownMessage } from '../shared/limits';

/**
 * `unknown`: no model has this id; `missing`: not there or not readable; `corrupted`: cut off or other than it should be; `unsupported`: intact, but not
 * something that is read here, such as code in a pickle or a model of another make; `undetermined`: a model whose tensors do not tell all of its
 * hyper-parameters; `download`: it could not be fetched;
 * `no-space`: the disk is full.
 */
export type ModelFileProblem =
  'unknown' | 'missing' | 'corrupted' | 'unsupported' | 'undetermined' | 'download' | 'no-space';

/** A model file that cannot be used, and what to do about it. */
export class ModelFileError extends Error {
  override readonly name = 'ModelFileError';

  constructor(
    readonly problem: ModelFileProblem,
    readonly file: string,
    message: string,
    readonly hint: string,
    cause?: unknown,
  ) {
    super(shownMessage(message), { cause });
  }
}
