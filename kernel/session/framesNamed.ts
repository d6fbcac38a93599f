import type { EditMethod, Edits } from '../../shared/edits';
import type { FrameIndex, FrameRange } from '../../shared/domain/video';

/** The places in which parameters of edits name frames. */
interface FrameFields {
  readonly frame?: FrameIndex;
  readonly frames?: readonly FrameIndex[];
  readonly range?: FrameRange;
  readonly first?: FrameIndex;
  readonly last?: FrameIndex;
}

/** The last frame that an edit names; -1 for none, infinity where it is about the length of the video. */
export function lastFrameNamed<M extends EditMethod>(method: M, params: Edits[M][0]): FrameIndex {
  // Which frame a number in a file means depends on how many there are.
  if (method === 'session/import') return Infinity;
  const { frame = -1, frames = [], range, first = -1, last = -1 } = params as FrameFields;
  const copied = method === 'mask/copy' ? params : undefined;
  const places = copied && 'from' in copied && 'to' in copied ? [copied.from, copied.to] : [];
  return [frame, ...frames, range?.first ?? -1, range?.last ?? -1, first, last, ...places].reduce<number>(
    (latest, place) => (typeof place === 'number' && place > latest ? place : latest),
    -1,
  );
}
