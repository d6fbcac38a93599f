import { MaskletError } from '../../shared/protocol/errors';

/** @param where what is wrong, for example a file and the place in it. */
export function malformed(where: string, why: string, hint?: string): MaskletError {
  return new MaskletError('import/malformed', `${where} cannot be imported: ${why}.`, {
    ...(hint === undefined ? {} : { hint }),
  });
}
