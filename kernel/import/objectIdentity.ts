import { createHash } from 'node:crypto';
import { dirname, relative, sep } from 'node:path';
import type { ImportParams } from '../../shared/protocol/dataset';
import type { MaskRecord, ObjectId } from '../../shared/domain/annotations';
import { OBJECT_ID } from '../storage/sidecar/layout';
import type { ImportedTrack } from './api';

/** What is here already, as far as it matters to who an imported track is. */
export interface KnownObjects {
  readonly ids: readonly ObjectId[];
  has(id: ObjectId): boolean;
  masksOf(id: ObjectId): readonly MaskRecord[];
}

/** The import that a track comes with. */
export interface ImportOrigin extends Pick<ImportParams, 'format' | 'from' | 'name' | 'replace'> {
  /** Of the video, full path. */
  readonly video: string;
  /** Of what was read. */
  readonly sha256: string;
}

/** What provenance says of a mask that was imported. */
export function importModel(format: ImportParams['format']): string {
  return `import:${format}`;
}

/**
 * The id of the object that a track is. In this order:
 * 1. the id that it had, where Masklet wrote the source;
 * 2. the object that the very same bytes gave before, wherever the file lay then;
 * 3. the object that an earlier file at the same place gave, where its masks are to be replaced;
 * 4. a new one. Its id follows from the place of the source relative to the video, and from its content where that place has
 *    given an object before: two files of one name, in two folders or one after the other, are two sources.
 */
export function objectIdOf(track: ImportedTrack, origin: ImportOrigin, known: KnownObjects): ObjectId {
  if (track.id !== undefined && OBJECT_ID.test(track.id)) return track.id;
  const same = known.ids.find((id) => gave(known.masksOf(id), track, origin.sha256));
  if (same !== undefined) return same;
  const { format, from, name, video, sha256 } = origin;
  const place = relative(dirname(video), from).split(sep).join('/');
  const byPlace = hashed([format, place, name ?? '', track.key]);
  if (!known.has(byPlace) || origin.replace === true) return byPlace;
  // Left by an import whose masks were edited or removed since, or by this very file.
  const others = known.masksOf(byPlace).filter(({ provenance }) => provenance?.model.startsWith('import:'));
  const fromHere = others.length === 0 || others.some(({ provenance }) => provenance?.modelSha256 === sha256);
  return fromHere ? byPlace : hashed([format, place, name ?? '', track.key, sha256]);
}

/** Whether a mask of an object is one of the track's, imported from the same bytes. */
function gave(masks: readonly MaskRecord[], track: ImportedTrack, sha256: string): boolean {
  const counts = new Map(track.masks.map(({ frame, mask }) => [frame, mask.counts]));
  return masks.some(
    ({ frame, mask, provenance }) =>
      provenance?.modelSha256 === sha256 &&
      provenance.model.startsWith('import:') &&
      counts.get(frame) === mask.counts,
  );
}

function hashed(parts: readonly string[]): ObjectId {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 8);
}
