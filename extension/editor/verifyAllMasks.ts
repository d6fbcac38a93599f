import type { ObjectStatus } from '../../shared/domain/annotations';
import type { VerifyParams } from '../../shared/edits';

/** Asks for every mask of a clip to be verified, object by object. */
export async function verifyAllMasks(
  status: readonly ObjectStatus[],
  verify: (params: VerifyParams) => Promise<unknown>,
): Promise<void> {
  for (const { object, masked } of status) {
    const frames = masked.flatMap(({ first, last }) =>
      Array.from({ length: last - first + 1 }, (_, n) => first + n),
    );
    if (frames.length > 0) await verify({ object, frames, verified: true });
  }
}
