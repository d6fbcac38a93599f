import type { FrameIndex } from '../../shared/domain/video';
import type { ObjectChanges } from '../../shared/protocol/revisions';
import type { ObjectId } from '../../shared/domain/annotations';

/**
 * The nearest frame before or after `frame` on which a mask changed: of the selected object where it has any change, else
 * of any. Undefined where there is none that way.
 */
export function neighbourOf(
  objects: readonly ObjectChanges[],
  selected: ObjectId | undefined,
  frame: FrameIndex,
  towards: 1 | -1,
): FrameIndex | undefined {
  const own = objects.filter(({ object, masks }) => object === selected && masks.length > 0);
  const frames = (own.length > 0 ? own : objects).flatMap(({ masks }) => masks.map((mask) => mask.frame));
  const ahead = frames.filter((at) => (at - frame) * towards > 0);
  if (ahead.length === 0) return undefined;
  return ahead.reduce((nearest, at) => ((at - nearest) * towards < 0 ? at : nearest));
}

/** What became of an object's mask on a frame, in words. */
export function verdictOf({ masks }: ObjectChanges, frame: FrameIndex): string {
  const change = masks.find((mask) => mask.frame === frame);
  switch (change?.kind) {
    case undefined:
      return 'unchanged';
    case 'changed':
      return `IoU ${change.iou.toFixed(3)}`;
    case 'status':
      return 'same pixels, other state';
    case 'added':
    case 'removed':
      return change.kind;
  }
}
