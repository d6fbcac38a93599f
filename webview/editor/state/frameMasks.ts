import { signal } from '@preact/signals';
import type { FrameIndex } from '../../../shared/domain/video';
import type { MaskView, ObjectId } from '../../../shared/domain/annotations';
import type { Changed } from '../../../shared/protocol/changed';
import { includesFrame } from './ranges';

interface Entry {
  readonly masks: readonly MaskView[];
  /** False where the host must be asked again: only a part is known, or it may have changed. */
  readonly complete: boolean;
}

/** Frames kept: run lengths are small. */
const MAX_FRAMES = 512;

/** The masks of the frames seen lately. */
export class FrameMasks {
  /** Grows with every change. */
  readonly revision = signal(0);
  /** In the order of use, the oldest first. */
  private readonly frames = new Map<FrameIndex, Entry>();
  private readonly changes = new Map<FrameIndex, number>();
  private outdatings = 0;

  get(frame: FrameIndex): readonly MaskView[] {
    return this.frames.get(frame)?.masks ?? [];
  }

  maskOf(object: ObjectId, frame: FrameIndex): MaskView | undefined {
    return this.get(frame).find((mask) => mask.object === object);
  }

  isComplete(frame: FrameIndex): boolean {
    return this.frames.get(frame)?.complete ?? false;
  }

  /** Differs once a frame's masks changed: an answer that was under way meanwhile may be old. */
  versionOf(frame: FrameIndex): number {
    return this.outdatings + (this.changes.get(frame) ?? 0);
  }

  /** All masks of a frame. */
  set(frame: FrameIndex, masks: readonly MaskView[]): void {
    this.put(frame, { masks, complete: true });
  }

  /** Masks that are new or changed; those of other objects stay. */
  merge(frame: FrameIndex, masks: readonly MaskView[]): void {
    const before = this.frames.get(frame);
    const others = (before?.masks ?? []).filter(
      ({ object }) => !masks.some((mask) => mask.object === object),
    );
    this.noteChange(frame);
    this.put(frame, { masks: [...others, ...masks], complete: before?.complete ?? false });
  }

  /**
   * Masks as an edit left them. Those of other frames stay, but may be stale now, or no longer: the objects' status says
   * so. Answers that are under way may still be from before.
   */
  takeChanged({ masks, status }: Changed): void {
    if (!masks) this.outdate();
    const stale = new Map(status.map((one) => [one.object, one.stale]));
    for (const [frame, entry] of this.frames) {
      const now = entry.masks.map((mask) => {
        const ranges = stale.get(mask.object);
        const isStale = ranges ? includesFrame(ranges, frame) : mask.stale;
        return isStale === mask.stale ? mask : { ...mask, stale: isStale };
      });
      if (now.some((mask, n) => mask !== entry.masks[n])) this.frames.set(frame, { ...entry, masks: now });
    }
    this.outdatings++;
    this.revision.value++;
    for (const { frame, masks: all } of masks ?? []) this.set(frame, all);
  }

  /** Shows nothing on the frame until the host was asked. */
  clear(frame: FrameIndex): void {
    this.noteChange(frame);
    this.put(frame, { masks: [], complete: false });
  }

  /** Everything may have changed: goes on showing what there is, and asks again. */
  outdate(): void {
    this.outdatings++;
    for (const [frame, { masks }] of this.frames) this.frames.set(frame, { masks, complete: false });
    this.revision.value++;
  }

  private noteChange(frame: FrameIndex): void {
    this.changes.set(frame, (this.changes.get(frame) ?? 0) + 1);
  }

  private put(frame: FrameIndex, entry: Entry): void {
    this.frames.delete(frame);
    this.frames.set(frame, entry);
    if (this.frames.size > MAX_FRAMES) {
      const [oldest] = this.frames.keys();
      this.frames.delete(oldest);
    }
    this.revision.value++;
  }
}
