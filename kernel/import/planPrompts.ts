import { promptRevision, toRanges, type Annotations } from '../annotations/annotations';
import { MaskletError } from '../../shared/protocol/errors';
import type { EarlierMasks, ImportedObject, ImportParams, SkippedParts } from '../../shared/protocol/dataset';
import type { FramePrompt, MarkRecord, ObjectId } from '../../shared/domain/annotations';
import type { FrameIndex } from '../../shared/domain/video';
import { rleFromPolygons } from '../masks/polygonRle';
import { rleUnionOf } from '../masks/union';
import type { DrawnMask } from '../render/overlay';
import { boxAgreement, type ComparedBox } from '../review/boxAgreement';
import type { Change } from '../storage/api';
import type { ImportedClip, ImportedPrompt, ImportedTrack } from './api';
import { objectIdOf, type ImportOrigin } from './objectIdentity';
import {
  chunks,
  colorOf,
  DEFAULT_LABEL,
  knownObjects,
  type ImportPlan,
  type ImportTarget,
} from './planImport';

/** Half the side of the square that a point is in a preview, as a share of the picture's smaller side. */
const POINT_SHARE = 1 / 120;

/**
 * Decides which object each imported track is, and on which frames its boxes and points become prompts, from which a
 * propagation makes masks. Frames whose mask is verified or edited by hand get none; a prompt that is there already and differs
 * stays, unless it is to be replaced. The same source makes the same objects, however often it is imported: a second import
 * after the propagation says how well its boxes, also those of other frames, agree with the masks.
 * @throws MaskletError `import/malformed` where nothing would be imported, `input/invalid`
 */
export function planPrompts(
  imported: ImportedClip,
  params: ImportParams,
  annotations: Annotations,
  { path, width, height }: ImportTarget,
): ImportPlan {
  const { every = 1, replace = false } = params;
  if (!Number.isSafeInteger(every) || every < 1) {
    throw new MaskletError('input/invalid', `"every ${every}" is not a number of frames.`, {
      hint: 'Give a whole number from 1.',
    });
  }
  const origin: ImportOrigin = { ...params, video: path, sha256: imported.sha256 };
  const known = knownObjects(annotations);
  const objects: ImportedObject[] = [];
  const putObjects: NonNullable<Change['putObjects']>[number][] = [];
  const putPrompts: FramePrompt[] = [];
  const putMarks: MarkRecord[] = [];
  const skipped: SkippedParts[] = [...imported.skipped];
  const replaced: EarlierMasks[] = [];
  const kept: EarlierMasks[] = [];
  const colors = new Map<ObjectId, string>();
  const compared: ComparedBox[] = [];

  for (const track of imported.tracks) {
    if (track.prompts.length === 0) continue;
    const id = objectIdOf(track, origin, known);
    const before = annotations.objects.get(id);
    const given = track.label ?? params.label;
    const label = (replace ? given : (before?.label ?? given)) ?? before?.label ?? DEFAULT_LABEL;
    for (const { frame, box } of track.prompts) {
      const mask = annotations.mask(id, frame);
      if (box && mask) compared.push({ given: box, mask });
    }
    const sorted = sortPrompts(thinned(track.prompts, every), id, annotations, replace);
    const earlier = (frames: readonly FrameIndex[]): EarlierMasks[] =>
      frames.length === 0 ? [] : [{ object: id, label, masks: frames.length, frame: frames[0] }];
    kept.push(...earlier(sorted.kept));
    replaced.push(...earlier(sorted.replaced));
    if (sorted.held.length > 0) {
      const reason = 'prompts on frames whose mask is verified or edited by hand, which stays';
      skipped.push({ reason, count: sorted.held.length, example: `frame ${sorted.held[0]} of "${label}"` });
    }
    if (sorted.taken.length === 0 && !before) {
      skipped.push({ reason: 'objects without a prompt', count: 1, example: `"${label}" (${track.key})` });
      continue;
    }
    const color = before?.color ?? colorOf(track, annotations.objects.size + objects.length);
    colors.set(id, color);
    if (!before || before.label !== label) {
      const order = before ? before.order : annotations.nextOrder + objects.length;
      const attributes = before?.attributes ?? {};
      putObjects.push({ id, label, color, attributes, ...(order === undefined ? {} : { order }) });
    }
    putPrompts.push(...sorted.taken);
    putMarks.push(...marksOf(track, id));
    objects.push({ id, label, masks: 0, prompts: sorted.taken.length, known: before !== undefined });
  }
  if (putPrompts.length === 0 && compared.length === 0) throw nothingLeft(params, kept, skipped);
  const agreement = boxAgreement(compared);
  return {
    changes: [{ putObjects, putMarks }, ...chunks(putPrompts).map((prompts) => ({ putPrompts: prompts }))],
    colors,
    drawn: firstFrameOf(putPrompts, width, height),
    result: {
      source: params.from,
      as: 'prompts',
      objects,
      frames: new Set(putPrompts.map(({ frame }) => frame)).size,
      masks: 0,
      prompts: putPrompts.length,
      counting: imported.counting,
      notes: imported.notes,
      skipped,
      replaced,
      kept,
      dryRun: params.dryRun === true,
      ...(agreement ? { agreement } : {}),
    },
  };
}

/** The first, and those at least `every` frames after the last one taken. */
function thinned(prompts: readonly ImportedPrompt[], every: number): ImportedPrompt[] {
  const taken: ImportedPrompt[] = [];
  for (const prompt of prompts) {
    const last = taken.at(-1);
    if (!last || prompt.frame >= last.frame + every) taken.push(prompt);
  }
  return taken;
}

interface SortedPrompts {
  /** Also those that are there already in the same words. */
  readonly taken: readonly FramePrompt[];
  /** Frames of `taken` on which another prompt was before. */
  readonly replaced: readonly FrameIndex[];
  readonly kept: readonly FrameIndex[];
  readonly held: readonly FrameIndex[];
}

function sortPrompts(
  prompts: readonly ImportedPrompt[],
  object: ObjectId,
  annotations: Annotations,
  replace: boolean,
): SortedPrompts {
  const taken: FramePrompt[] = [];
  const replaced: FrameIndex[] = [];
  const kept: FrameIndex[] = [];
  const held: FrameIndex[] = [];
  for (const { frame, points, box } of prompts) {
    const prompt: FramePrompt = { object, frame, points, ...(box ? { box } : {}) };
    const before = annotations.prompt(object, frame);
    const differs = before !== undefined && promptRevision(before) !== promptRevision(prompt);
    if (annotations.isHeld(object, frame)) held.push(frame);
    else if (differs && !replace) kept.push(frame);
    else {
      taken.push(prompt);
      if (differs) replaced.push(frame);
    }
  }
  return { taken, replaced, kept, held };
}

function marksOf(track: ImportedTrack, object: ObjectId): MarkRecord[] {
  return [
    ...toRanges(track.absent).map((range): MarkRecord => ({ object, kind: 'absent', ...range })),
    ...toRanges(track.occluded).map((range): MarkRecord => ({ object, kind: 'occluded', ...range })),
  ];
}

/** Boxes as filled rectangles, points as small squares, of the first frame that has some. */
function firstFrameOf(prompts: readonly FramePrompt[], width: number, height: number): ImportPlan['drawn'] {
  const frame = prompts.reduce((first, prompt) => Math.min(first, prompt.frame), Infinity);
  if (frame === Infinity) return { frame: 0, masks: [] };
  const half = Math.max(1, Math.min(width, height) * POINT_SHARE);
  const masks = prompts
    .filter((prompt) => prompt.frame === frame)
    .map(({ object, box, points }): DrawnMask => {
      const boxes = [
        ...(box ? [box] : []),
        ...points.map(({ x, y }) => [x - half, y - half, x + half, y + half] as const),
      ];
      const filled = boxes.map(([x0, y0, x1, y1]) =>
        rleFromPolygons([[x0, y0, x1, y0, x1, y1, x0, y1]], width, height),
      );
      return { object, mask: rleUnionOf(filled) };
    });
  return { frame, masks };
}

function nothingLeft(
  { from }: ImportParams,
  kept: readonly EarlierMasks[],
  skipped: readonly SkippedParts[],
): MaskletError {
  const here = kept.reduce((sum, { masks }) => sum + masks, 0);
  const why = [
    ...(here > 0 ? [`${here} existing prompts differ and stay`] : []),
    ...skipped.map(({ reason, count }) => `${count} skipped: ${reason}`),
  ].join('; ');
  return new MaskletError('import/malformed', `Nothing was imported from ${from}: ${why}.`, {
    ...(here > 0 ? { hint: 'With --replace (in VS Code: Change..., Replace) they are replaced.' } : {}),
  });
}
