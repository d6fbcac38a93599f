import { resolve } from 'node:path';
import { isReviewState, REVIEW_WORDS, type Note } from '../../../shared/domain/review';
import type { ClipReview, NewNote } from '../../../shared/protocol/dataset';
import type { KernelSettings } from '../../../shared/protocol/settings';
import { printProblems, printResult, usageError } from '../output';
import { withKernel } from '../withKernel';

interface Common {
  readonly json: boolean;
  readonly settings: Partial<KernelSettings>;
}

/** `masklet review PATH... --to STATE`; `none` takes the state back. */
export async function review(
  paths: readonly string[],
  { to, json, settings }: Common & { readonly to: string },
): Promise<void> {
  const state = to === 'none' ? null : to;
  if (state !== null && !isReviewState(state)) {
    throw usageError(
      `"${to}" is not a state of review.`,
      'Use in-work, to-review, accepted, to-fix or none.',
    );
  }
  const where = { paths: paths.map((path) => resolve(path)) };
  const result = await withKernel('masklet review', settings, (kernel, signal) =>
    kernel.request('dataset/setReview', { ...where, state }, { signal }),
  );
  const words = state === null ? 'no longer under review' : `now ${REVIEW_WORDS[state]}`;
  printResult(json, result, () => `${result.changed.length} clips are ${words}`);
}

export interface NotesOptions extends Common {
  readonly add?: string;
  /** A frame, or `A:B`. */
  readonly frames?: string;
  readonly object?: string;
  readonly resolve?: string;
  readonly reopen?: string;
  readonly remove?: string;
  readonly all: boolean;
}

/** `masklet notes VIDEO`: lists notes, adds one, or changes one. */
export async function notes(video: string, options: NotesOptions): Promise<void> {
  const { add, resolve: done, reopen, remove } = options;
  if ([add, done, reopen, remove].filter((value) => value !== undefined).length > 1) {
    throw usageError('One thing at a time.', 'Give one of --add, --resolve, --reopen and --remove.');
  }
  if (add === undefined && (options.frames ?? options.object) !== undefined) {
    throw usageError('--frames and --object are for a new note.', 'Give --add TEXT too.');
  }
  const place = { path: resolve(video) };
  const result = await withKernel('masklet notes', options.settings, (kernel): Promise<ClipReview> => {
    if (add !== undefined) return kernel.request('review/addNote', { ...place, note: noteOf(add, options) });
    const id = done ?? reopen ?? remove;
    if (id === undefined) return kernel.request('review/read', place);
    const change = remove === undefined ? { id, resolved: done !== undefined } : { id, remove: true };
    return kernel.request('review/changeNote', { ...place, change });
  });
  printProblems(result.problems);
  const shown = result.notes.filter(({ resolved }) => options.all || !resolved);
  printResult(options.json, result, () =>
    [
      ...(result.state === undefined ? [] : [REVIEW_WORDS[result.state]]),
      ...shown.map(describe),
      `${result.notes.filter(({ resolved }) => !resolved).length} of ${result.notes.length} notes are open`,
    ].join('\n'),
  );
}

function noteOf(text: string, { frames, object }: NotesOptions): NewNote {
  const [, first, last] = /^(\d{1,9})(?::(\d{1,9}))?$/.exec(frames ?? '') ?? [];
  if (frames !== undefined && first === undefined) {
    throw usageError(`--frames ${frames} is not a frame or a range.`, 'Give a frame, or A:B.');
  }
  return {
    text,
    ...(first === undefined ? {} : { range: { first: Number(first), last: Number(last ?? first) } }),
    ...(object === undefined ? {} : { object }),
  };
}

function describe({ id, text, author, at, range, object, resolved }: Note): string {
  const frames =
    range && (range.first === range.last ? `frame ${range.first}` : `frames ${range.first} to ${range.last}`);
  const place = [...(frames === undefined ? [] : [frames]), ...(object === undefined ? [] : [object])];
  const about = place.length === 0 ? '' : ` (${place.join(', ')})`;
  return `${id}  ${at.slice(0, 10)}  ${author}${about}${resolved ? ', resolved' : ''}\n  ${text}`;
}
