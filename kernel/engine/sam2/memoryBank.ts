import type { Sam2Config } from '../../../models/sam2/config';
import type { FrameIndex } from '../../../shared/domain/video';

/** What tracking one object on one frame attends to, of outputs of any kind `T`. */
export interface MemorySelection<T> {
  /** Memories with the row of the temporal encoding: 0 for the frame just passed, the last for conditioning frames. */
  readonly memories: readonly { readonly output: T; readonly time: number }[];
  /** Object pointers with how far away they are, 1 being the farthest that is looked at. */
  readonly pointers: readonly { readonly output: T; readonly time: number }[];
}

export interface MemoryBankOptions {
  /** How many conditioning frames are attended to, the nearest ones; 0: all. */
  readonly maxConditioningFrames: number;
}

/**
 * SAM 2's memory bank (Ravi et al. 2024, section 4; `_prepare_memory_conditioned_features`): all conditioning frames,
 * the last frames passed in the direction of travel, and the object pointers of both, more frames of them.
 * @param conditioning outputs of the frames whose prompts define the object, @param tracked those of other frames.
 */
export function selectMemory<T>(
  config: Sam2Config,
  frame: FrameIndex,
  reverse: boolean,
  frameCount: number,
  conditioning: ReadonlyMap<FrameIndex, T>,
  tracked: ReadonlyMap<FrameIndex, T>,
  options: MemoryBankOptions,
): MemorySelection<T> {
  const { memoryFrames, maxObjectPointers, flags } = config;
  const selected = nearestFrames(frame, [...conditioning.keys()], options.maxConditioningFrames);
  /** A conditioning frame that was not selected counts as any other frame. */
  const passed = (distance: number): T | undefined => {
    const other = reverse ? frame + distance : frame - distance;
    return tracked.get(other) ?? (selected.includes(other) ? undefined : conditioning.get(other));
  };
  const memories = selected.map((other) => ({ output: conditioning.get(other)!, time: memoryFrames - 1 }));
  for (let distance = memoryFrames - 1; distance >= 1; distance--) {
    const output = passed(distance);
    if (output) memories.push({ output, time: distance - 1 });
  }

  const farthest = Math.min(frameCount, maxObjectPointers) - 1;
  const pointers = selected
    .filter((other) => (reverse ? other >= frame : other <= frame))
    .map((other) => {
      const ahead = reverse ? other - frame : frame - other;
      const distance = flags.pointerTimeSigned ? ahead : Math.abs(ahead);
      return { output: conditioning.get(other)!, time: distance / farthest };
    });
  for (let distance = 1; distance <= farthest; distance++) {
    const output = passed(distance);
    if (output) pointers.push({ output, time: distance / farthest });
  }
  return { memories, pointers };
}

/**
 * Up to `limit` of the given frames (`select_closest_cond_frames`): the nearest before and at or after `frame`, then
 * the nearest of the rest; all of them where the limit is 0.
 */
export function nearestFrames(frame: FrameIndex, frames: readonly FrameIndex[], limit: number): FrameIndex[] {
  if (limit === 0 || frames.length <= limit) return [...frames];
  const before = frames.filter((other) => other < frame);
  const after = frames.filter((other) => other >= frame);
  const first = [
    ...(before.length > 0 ? [Math.max(...before)] : []),
    ...(after.length > 0 ? [Math.min(...after)] : []),
  ].slice(0, limit);
  const rest = frames
    .filter((other) => !first.includes(other))
    .sort((a, b) => Math.abs(a - frame) - Math.abs(b - frame));
  return [...first, ...rest.slice(0, limit - first.length)];
}
