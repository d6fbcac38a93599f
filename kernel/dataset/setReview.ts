import type { SetReviewParams, SetReviewResult } from '../../shared/protocol/dataset';
import { findClips } from '../clips/findClips';
import { setReviewState } from '../notes/clipReview';

/** Says of clips how far their review is. @throws MaskletError as `findClips` and `setReviewState` */
export async function setReview({ state, ...params }: SetReviewParams): Promise<SetReviewResult> {
  const clips = await findClips(params);
  const changed = clips.filter(({ sidecar }) => setReviewState(sidecar, state));
  return { changed: changed.map(({ path }) => path) };
}
