import type { Placement, RememberedFrame } from './readout';

/** One object's memory of one frame. */
export interface ObjectMemory {
  readonly frame: number;
  readonly conditioning: boolean;
  /** The same for the same view of a frame. */
  readonly keys: Int8Array;
  readonly placement?: Placement;
  readonly mask: Float32Array;
}

/** Objects that remember the same frames, and so share a read-out. */
export interface MemoryGroup {
  /** Positions of the objects in the order they were given. */
  readonly members: readonly number[];
  /** Frames from the new one to the nearest of those remembered. */
  readonly distance: number;
  readonly memories: readonly RememberedFrame[];
}

/**
 * Objects grouped by the frames they remember. Only those that remember exactly the same share a read-out, so that
 * what is found of one never depends on which others are tracked with it.
 * @param frame the new one.
 * @param objects each object's memories, in its own order. An object without any is in no group.
 */
export function groupByMemory(frame: number, objects: readonly (readonly ObjectMemory[])[]): MemoryGroup[] {
  const numbers = new Map<Int8Array, number>();
  const viewNumber = (keys: Int8Array): number => {
    if (!numbers.has(keys)) numbers.set(keys, numbers.size);
    return numbers.get(keys)!;
  };
  const groups = new Map<string, { members: number[]; sorted: ObjectMemory[][] }>();
  objects.forEach((memories, object) => {
    if (memories.length === 0) return;
    const sorted = [...memories].sort((a, b) => a.frame - b.frame);
    const key = JSON.stringify(
      sorted.map(({ frame, conditioning, keys, placement }) => [
        frame,
        conditioning,
        viewNumber(keys),
        placement,
      ]),
    );
    const group = groups.get(key) ?? { members: [], sorted: [] };
    groups.set(key, group);
    group.members.push(object);
    group.sorted.push(sorted);
  });
  return [...groups.values()].map(({ members, sorted }) => ({
    members,
    distance: Math.min(...sorted[0].map((memory) => Math.abs(memory.frame - frame))),
    memories: sorted[0].map(({ keys, conditioning, placement }, m) => ({
      keys,
      conditioning,
      ...(placement ? { placement } : {}),
      masks: sorted.map((memories) => memories[m].mask),
    })),
  }));
}
