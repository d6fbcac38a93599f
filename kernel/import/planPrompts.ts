import { promptRevision, type Annotations } from '../annotations/annotations';
import { MaskletError } from '../../shared/protocol/errors';
import type { ImportParams } from '../../shared/protocol/dataset';
import type { FramePrompt, MarkRecord } from '../../shared/domain/annotations';
import { rleFromPolygons } from '../masks/polygonRle';
import { rleUnionOf } from '../masks/union';
import type { DrawnMask } from '../render/overlay';
import { boxAgreement, type ComparedBox } from '../review/boxAgreement';
import type { ImportedClip, ImportedPrompt } from './api';
import { chunks, marksOf, Plan, type ImportPlan, type ImportTarget } from './plan';

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
  const { every = 1 } = params;
  if (!Number.isSafeInteger(every) || every < 1) {
    throw new MaskletError('input/invalid', `"every ${every}" is not a number of frames.`, {
      hint: 'Give a whole number from 1.',
    });
  }
  const plan = new Plan(imported, params, annotations, path);
  const putPrompts: FramePrompt[] = [];
  const putMarks: MarkRecord[] = [];
  const compared: ComparedBox[] = [];

  for (const track of imported.tracks) {
    if (track.prompts.length === 0) continue;
    const object = plan.objectOf(track);
    const { id, label, before } = object;
    for (const { frame, box } of track.prompts) {
      const mask = annotations.mask(id, frame);
      if (box && mask) compared.push({ given: box, mask });
    }
    const prompts = thinned(track.prompts, every).map(({ frame, points, box }): FramePrompt => ({
      object: id,
      frame,
      points,
      ...(box ? { box } : {}),
    }));
    const sorted = plan.sort(
      prompts,
      ({ frame }) => annotations.isHeld(id, frame),
      (prompt) => {
        const here = annotations.prompt(id, prompt.frame);
        return here !== undefined && promptRevision(here) !== promptRevision(prompt);
      },
    );
    plan.report(object, sorted, 'prompts on frames whose mask is verified or edited by hand, which stays');
    if (sorted.taken.length === 0 && !before) {
      plan.skipped.push({
        reason: 'objects without a prompt',
        count: 1,
        example: `"${label}" (${track.key})`,
      });
      continue;
    }
    plan.put(object, track, before?.label !== label);
    putPrompts.push(...sorted.taken);
    putMarks.push(...marksOf(id, track.absent, track.occluded));
    plan.objects.push({
      id,
      label,
      masks: 0,
      prompts: sorted.taken.length,
      known: before !== undefined,
    });
  }
  if (putPrompts.length === 0 && compared.length === 0)
    throw plan.nothingLeft('existing prompts differ and stay');
  const agreement = boxAgreement(compared);
  return {
    changes: [
      { putObjects: plan.putObjects, putMarks },
      ...chunks(putPrompts).map((prompts) => ({ putPrompts: prompts })),
    ],
    colors: plan.colors,
    drawn: firstFrameOf(putPrompts, width, height),
    result: {
      ...plan.result,
      as: 'prompts',
      frames: new Set(putPrompts.map(({ frame }) => frame)).size,
      masks: 0,
      prompts: putPrompts.length,
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
