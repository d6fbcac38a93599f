import { MaskletError } from '../../../shared/protocol/errors';
import type { ObjectId } from '../../../shared/domain/annotations';
import type { Row } from './records';

/**
 * The sidecar's files, by paths relative to its folder and with forward slashes, and the keys of the lines in them.
 * A key is unique within its file and stands for one row.
 */

export const VIDEO_FILE = 'video.json';
export const GITATTRIBUTES_FILE = '.gitattributes';
export const PROMPTS_FILE = 'prompts.jsonl';
export const MARKS_FILE = 'marks.jsonl';
/** Notes of reviewers: text beside the annotations, which the database knows nothing of. */
export const NOTES_FILE = 'notes.jsonl';
export const OBJECTS_FOLDER = 'objects';
export const MASKS_FOLDER = 'masks';

/** Ids name files, so they hold nothing that a file system could take amiss. */
export const OBJECT_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** @throws MaskletError `input/invalid` where files could not be named by it */
export function checkObjectId(object: ObjectId): void {
  if (OBJECT_ID.test(object)) return;
  throw new MaskletError('input/invalid', `"${object}" is not an object id.`, {
    hint: 'Use 1 to 64 letters, digits, "-" and "_": the id becomes a file name.',
  });
}

/** What a file of lines holds; for objects and masks, of which object. */
export type LineFile =
  | { readonly kind: 'prompt' }
  | { readonly kind: 'mark' }
  | { readonly kind: 'object'; readonly object: string }
  | { readonly kind: 'mask'; readonly object: string };

export function objectFile(object: string): string {
  return `${OBJECTS_FOLDER}/${object}.json`;
}

export function masksFile(object: string): string {
  return `${MASKS_FOLDER}/${object}.jsonl`;
}

/** Undefined for files that are not ours, and for those without lines. */
export function lineFile(file: string): LineFile | undefined {
  if (file === PROMPTS_FILE) return { kind: 'prompt' };
  if (file === MARKS_FILE) return { kind: 'mark' };
  const [, folder, object = '', ending] = /^(objects|masks)\/(.*)\.(jsonl?)$/.exec(file) ?? [];
  if (!OBJECT_ID.test(object)) return undefined;
  if (folder === OBJECTS_FOLDER && ending === 'json') return { kind: 'object', object };
  if (folder === MASKS_FOLDER && ending === 'jsonl') return { kind: 'mask', object };
  return undefined;
}

export interface RowPlace {
  readonly file: string;
  readonly key: string;
}

/** Where a row lies in the sidecar. */
export function placeOf(row: Row): RowPlace {
  switch (row.kind) {
    case 'object':
      return objectPlace(row.record.id);
    case 'prompt':
      return promptPlace(row.record.object, row.record.frame);
    case 'mask':
      return maskPlace(row.record.object, row.record.frame);
    case 'mark':
      return markPlace(row.record);
  }
}

export function objectPlace(object: string): RowPlace {
  return { file: objectFile(object), key: object };
}

export function promptPlace(object: string, frame: number): RowPlace {
  return { file: PROMPTS_FILE, key: `${object}/${frame}` };
}

export function maskPlace(object: string, frame: number): RowPlace {
  return { file: masksFile(object), key: `${object}/${frame}` };
}

export function markPlace(mark: { object: string; kind: string; first: number; last: number }): RowPlace {
  return { file: MARKS_FILE, key: `${mark.object}/${mark.kind}/${mark.first}-${mark.last}` };
}

export interface ParsedKey {
  readonly object: string;
  /** For a mark, its first frame; 0 for an object. */
  readonly frame: number;
  /** For marks only. */
  readonly last: number;
  readonly mark: string;
}

/** Takes a key apart again. */
export function parseKey(key: string): ParsedKey {
  const [object = '', second = '0', third] = key.split('/');
  if (third === undefined) return { object, frame: Number(second), last: 0, mark: '' };
  const [first, last] = third.split('-').map(Number);
  return { object, frame: first ?? 0, last: last ?? 0, mark: second };
}

/** The order of lines in a file: by object, then by frame. */
export function compareKeys(a: ParsedKey, b: ParsedKey): number {
  return (
    compareText(a.object, b.object) || a.frame - b.frame || a.last - b.last || compareText(a.mark, b.mark)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
