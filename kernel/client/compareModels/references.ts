import type { FramePrompt, MaskView, ObjectId } from '../../../shared/domain/annotations';
import type { FrameIndex, FrameRange } from '../../../shared/domain/video';

/** Masks that models are measured on, and that none of them sees. */
export interface References {
  readonly masks: readonly MaskView[];
  /** What is taken away before models run: the reference masks, in ranges of one object. */
  readonly hidden: readonly { readonly object: ObjectId; readonly range: FrameRange }[];
}

/**
 * The masks of a clip that people vouch for, gold, verified or drawn by hand, on frames without prompts: a mask that answers a prompt is
 * where models begin. An object without any prompt begins from the first of its masks, as DAVIS's protocol does.
 * @param masks of all frames, in any order.
 * @param verifiedOnly leaves out masks that were only drawn by hand; they stay, for models to build on.
 */
export function referencesOf(
  masks: readonly MaskView[],
  prompts: readonly FramePrompt[],
  verifiedOnly: boolean,
): References {
  const prompted = new Set(prompts.map(({ object, frame }) => `${object}/${frame}`));
  const withPrompts = new Set(prompts.map(({ object }) => object));
  const byObject = new Map<ObjectId, MaskView[]>();
  for (const mask of masks.toSorted((a, b) => a.frame - b.frame)) {
    const vouchedFor = mask.gold !== undefined || mask.verified || (!verifiedOnly && mask.state === 'edited');
    if (!vouchedFor || prompted.has(`${mask.object}/${mask.frame}`)) continue;
    byObject.set(mask.object, [...(byObject.get(mask.object) ?? []), mask]);
  }
  const kept = [...byObject].map(([object, own]) => {
    const begins =
      !withPrompts.has(object) && !masks.some((mask) => mask.object === object && isKept(mask, own));
    return { object, masks: begins ? own.slice(own.findIndex(({ area }) => area > 0) + 1) : own };
  });
  return {
    masks: kept.flatMap((entry) => entry.masks),
    hidden: kept.flatMap(({ object, masks: own }) =>
      rangesOf(own.map(({ frame }) => frame)).map((range) => ({ object, range })),
    ),
  };
}

/** Whether a mask that is no reference is one that models may build on. */
function isKept(mask: MaskView, references: readonly MaskView[]): boolean {
  return mask.state === 'edited' && mask.area > 0 && !references.includes(mask);
}

/** Ascending frames as ranges of neighbours. */
export function rangesOf(frames: readonly FrameIndex[]): FrameRange[] {
  const ranges: { first: FrameIndex; last: FrameIndex }[] = [];
  for (const frame of frames) {
    const open = ranges.at(-1);
    if (open && open.last === frame - 1) open.last = frame;
    else ranges.push({ first: frame, last: frame });
  }
  return ranges;
}
