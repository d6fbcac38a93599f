import type { FrameIndex } from '../../shared/domain/video';
import type { FrameSelection, StaleMasks } from '../../shared/protocol/dataset';
import type { MaskRecord, ObjectId } from '../../shared/domain/annotations';
import { Annotations } from '../annotations/annotations';
import type { OpenedClip } from '../clips/openedClip';
import type { ExportClip, ExportMask, ExportObject } from './api';
import type { Categories } from './categories';

export interface ClipChoice {
  readonly path: string;
  readonly name: string;
  readonly split: string;
  readonly frames: FrameSelection;
  readonly labels?: readonly string[];
  readonly stale?: StaleMasks;
}

/**
 * What is to be exported of an opened clip. Stale masks, broken lines and conflicts are warnings.
 * @param pictures the files of its frames, of a folder of pictures.
 */
export function readClip(
  { source, content }: OpenedClip,
  choice: ClipChoice,
  categories: Categories,
  warn: (message: string) => void,
  pictures: readonly string[] = [],
): ExportClip {
  const { path } = choice;
  for (const problem of content.problems) warn(problem.message);
  if (content.conflicts.length > 0) {
    warn(`${path}: ${content.conflicts.length} conflicts of a merge are not resolved; ours was taken.`);
  }
  const objects = content.objects
    .filter(({ label }) => !choice.labels || choice.labels.includes(label))
    .map((object, n): ExportObject => ({ ...object, number: n + 1, category: categories.of(object.label) }));
  const byId = new Map(objects.map((object) => [object.id, object]));
  const rows = new Map<FrameIndex, MaskRecord[]>();
  const stale = staleMasks(content, byId);
  if (stale.size > 0) warn(`${path}: ${staleInWords(stale.size, choice.stale)}`);
  for (const record of content.masks) {
    if (!byId.has(record.object) || (choice.stale === 'leave-out' && stale.has(record))) continue;
    const row = rows.get(record.frame);
    if (row) row.push(record);
    else rows.set(record.frame, [record]);
  }
  const marks = content.marks.filter((mark) => byId.has(mark.object));
  const isMarked = (kind: 'absent' | 'occluded', object: ObjectId, frame: FrameIndex): boolean =>
    marks.some(
      (mark) => mark.kind === kind && mark.object === object && mark.first <= frame && frame <= mark.last,
    );
  return {
    path,
    name: choice.name,
    split: choice.split,
    video: source.info,
    pts: source.pts,
    objects,
    marks,
    frames: selectFrames(choice.frames, source.info.frameCount, rows),
    masks: (frame) =>
      (rows.get(frame) ?? [])
        .flatMap((record): ExportMask[] => {
          const object = byId.get(record.object);
          if (!object || record.area === 0) return [];
          return [{ object, record, occluded: isMarked('occluded', object.id, frame) }];
        })
        .sort((a, b) => a.object.number - b.object.number),
    absent: (frame) => {
      const row = rows.get(frame) ?? [];
      return objects.filter(({ id }) => {
        const record = row.find(({ object }) => object === id);
        return record ? record.area === 0 : isMarked('absent', id, frame);
      });
    },
    picture: (frame) => source.frame(frame),
    pictureFile: (frame) => pictures.at(frame),
    identity: () => source.identity(),
  };
}

/** The frames of a selection; ascending. */
export function selectFrames(
  selection: FrameSelection,
  frameCount: number,
  rows: ReadonlyMap<FrameIndex, readonly MaskRecord[]>,
): FrameIndex[] {
  const all = Array.from({ length: frameCount }, (_, frame) => frame);
  switch (selection.kind) {
    case 'all':
      return all;
    case 'every':
      return all.filter((frame) => frame % selection.step === 0);
    case 'verified':
      return all.filter((frame) => {
        const row = rows.get(frame) ?? [];
        return row.length > 0 && row.every(({ verified }) => verified);
      });
  }
}

/** Those whose prompts changed since. */
function staleMasks(
  content: OpenedClip['content'],
  objects: ReadonlyMap<ObjectId, ExportObject>,
): ReadonlySet<MaskRecord> {
  const annotations = new Annotations(content, { id: '', sha256: '' });
  return new Set(
    content.masks.filter((mask) => objects.has(mask.object) && annotations.promptsChanged(mask)),
  );
}

function staleInWords(count: number, choice: StaleMasks | undefined): string {
  const masks = count === 1 ? '1 stale mask' : `${count} stale masks`;
  return choice === 'leave-out'
    ? `${masks} left out (prompts changed since).`
    : `${masks} exported (prompts changed since); propagate again to bring them up to date, or leave them out.`;
}
