import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Note, ReviewState } from '../../shared/domain/review';
import { isReviewState } from '../../shared/domain/review';
import type { ClipReview, NewNote, NoteChange } from '../../shared/protocol/dataset';
import { MaskletError } from '../../shared/protocol/errors';
import { MAX_BYTES } from '../../models/files/regularFile';
import { findRepository } from '../git/findRepository';
import { gitOutput } from '../git/git';
import { readOptional, writeAtomically } from '../storage/sidecar/files';
import { NOTES_FILE, VIDEO_FILE } from '../storage/sidecar/layout';
import { parseVideoJson, withField } from '../storage/sidecar/videoJson';
import { formatNotes, parseNotes, type Notes } from './parseNotes';

/** The field of `video.json`. */
const REVIEW_FIELD = 'review';

/** Notes and review state of a clip, by its sidecar alone. @throws MaskletError `file/refused`, `storage/failed` */
export function readReview(sidecar: string): ClipReview {
  const { lines, problems } = notesOf(sidecar);
  const state = stateOf(sidecar);
  return { notes: lines.map(({ note }) => note), problems, ...(state === undefined ? {} : { state }) };
}

/** @throws MaskletError `input/invalid` where the clip was never saved; `storage/*` */
export async function addNote(sidecar: string, { text, range, object }: NewNote): Promise<ClipReview> {
  requireSidecar(sidecar);
  if (range && !(Number.isSafeInteger(range.first) && range.first >= 0 && range.first <= range.last)) {
    throw new MaskletError('input/invalid', `${range.first}:${range.last} is not a range of frames.`);
  }
  const note: Note = {
    id: randomBytes(6).toString('hex'),
    text: text.trim(),
    author: await authorAt(dirname(sidecar)),
    at: new Date().toISOString(),
    ...(range ? { range: { first: range.first, last: range.last } } : {}),
    ...(object === undefined ? {} : { object }),
    resolved: false,
  };
  const checked = parseNotes(formatNotes({ lines: [{ note, extra: {} }], broken: [] }), NOTES_FILE);
  if (checked.problems.length > 0) {
    throw new MaskletError('input/invalid', `The note cannot be written: ${checked.problems[0].message}`);
  }
  const notes = notesOf(sidecar);
  write(sidecar, { ...notes, lines: [...notes.lines, { note, extra: {} }] });
  return readReview(sidecar);
}

/** Resolves a note or opens it again, gives it another text, or removes it. @throws MaskletError `input/invalid`, `storage/*` */
export function changeNote(sidecar: string, { id, resolved, text, remove }: NoteChange): ClipReview {
  const notes = notesOf(sidecar);
  if (!notes.lines.some(({ note }) => note.id === id)) {
    throw new MaskletError('input/invalid', `There is no note ${id} in ${join(sidecar, NOTES_FILE)}.`, {
      hint: 'masklet notes VIDEO lists those there are.',
    });
  }
  if (text?.trim() === '') throw new MaskletError('input/invalid', 'A note needs a text.');
  const lines = notes.lines.flatMap((line) =>
    line.note.id !== id
      ? [line]
      : remove === true
        ? []
        : [
            {
              ...line,
              note: {
                ...line.note,
                ...(resolved === undefined ? {} : { resolved }),
                ...(text === undefined ? {} : { text: text.trim() }),
              },
            },
          ],
  );
  write(sidecar, { ...notes, lines });
  return readReview(sidecar);
}

/** @param state null: none. @returns false where it was so already. @throws MaskletError `input/invalid`, `storage/*` */
export function setReviewState(sidecar: string, state: ReviewState | null): boolean {
  const file = join(sidecar, VIDEO_FILE);
  const before = requireSidecar(sidecar).toString('utf8');
  const after = withField(before, sidecar, REVIEW_FIELD, state ?? undefined);
  if (after === before) return false;
  writeAtomically(file, after);
  return true;
}

function stateOf(sidecar: string): ReviewState | undefined {
  const text = readOptional(join(sidecar, VIDEO_FILE))?.toString('utf8');
  const value = text === undefined ? undefined : parseVideoJson(text, sidecar).video?.fields[REVIEW_FIELD];
  return isReviewState(value) ? value : undefined;
}

function notesOf(sidecar: string): Notes {
  const file = join(sidecar, NOTES_FILE);
  return parseNotes(readOptional(file, MAX_BYTES.list)?.toString('utf8') ?? '', file);
}

function write(sidecar: string, notes: Notes): void {
  writeAtomically(join(sidecar, NOTES_FILE), formatNotes(notes));
}

function requireSidecar(sidecar: string): Buffer {
  const bytes = readOptional(join(sidecar, VIDEO_FILE));
  if (bytes) return bytes;
  throw new MaskletError(
    'input/invalid',
    `${sidecar} does not exist: the clip has no saved annotations yet.`,
    {
      file: sidecar,
      hint: 'Save the clip first; notes and review state lie beside its annotations.',
    },
  );
}

/** `Name <address>` as git would write it into a commit; empty where git is missing or names nobody. */
async function authorAt(folder: string): Promise<string> {
  const repository = (await findRepository(folder).catch(() => undefined)) ?? homedir();
  const value = async (name: string): Promise<string> => {
    const output = await gitOutput(['config', '--get', name], { repository }).catch(() => Buffer.alloc(0));
    return output.toString('utf8').trim();
  };
  const [name, email] = [await value('user.name'), await value('user.email')];
  return email === '' ? name : `${name} <${email}>`.trim();
}
