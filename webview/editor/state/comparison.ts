import type { DocumentState } from '../../../shared/protocol/editor';
import type { FrameIndex } from '../../../shared/domain/video';
import type { Ranges } from './ranges';

/** What two models made of a frame, in words; none where they were not compared on it. */
export function comparedWords({ comparison }: DocumentState, frame: FrameIndex): string[] {
  const iou = comparison?.iou.at(frame);
  if (!comparison || iou === null || iou === undefined) return [];
  return [`${comparison.names.join(' and ')} agree by ${iou.toFixed(2)}`];
}

/** The frames with an IoU from `from` to below `below`, as ranges. */
export function framesBetween(iou: readonly (number | null)[], from: number, below: number): Ranges {
  const ranges: { first: FrameIndex; last: FrameIndex }[] = [];
  iou.forEach((value, frame) => {
    if (value === null || value < from || value >= below) return;
    const open = ranges.at(-1);
    if (open?.last === frame - 1) open.last = frame;
    else ranges.push({ first: frame, last: frame });
  });
  return ranges;
}
