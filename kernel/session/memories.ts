import type { EncodedFrame, FrameMemory, StoredMask, VideoModel } from '../engine/videoModel';
import type { FrameIndex } from '../../shared/domain/video';
import type { MaskRecord, ObjectId, View } from '../../shared/domain/annotations';

interface Entry {
  readonly counts: string;
  readonly memory: Promise<FrameMemory>;
  lastUse: number;
}

/**
 * The memories that a propagation works with. A memory is made of a frame and the mask stored on it, so it can be made
 * again from the database at any time; what no selection has asked for during the model's memory window is dropped.
 */
export class Memories {
  private readonly entries = new Map<string, Entry>();
  private clock = 0;

  constructor(
    private readonly model: VideoModel,
    private readonly encoded: (frame: FrameIndex, view: View | undefined) => Promise<EncodedFrame>,
  ) {}

  get count(): number {
    return this.entries.size;
  }

  /** The memory of a stored mask, its frame seen in `view`; made now if it is not known yet. */
  get(object: ObjectId, stored: StoredMask, view: View | undefined): Promise<FrameMemory> {
    const key = `${object}/${stored.frame}/${JSON.stringify(view ?? null)}`;
    const known = this.entries.get(key);
    if (known?.counts === stored.mask.counts) {
      known.lastUse = this.clock;
      return known.memory;
    }
    const memory = this.encoded(stored.frame, view).then((frame) => this.model.remember(frame, stored));
    this.entries.set(key, { counts: stored.mask.counts, memory, lastUse: this.clock });
    memory.catch(() => this.entries.delete(key));
    return memory;
  }

  /** Called once a tracked frame: lets go of what has not been used for a whole memory window. */
  advance(): void {
    this.clock++;
    for (const [key, entry] of this.entries) {
      if (this.clock - entry.lastUse > this.model.memoryWindow) this.entries.delete(key);
    }
  }
}

export function toStoredMask(record: MaskRecord): StoredMask {
  const { frame, mask, bbox, area, state, verified, iou, objectScore, provenance } = record;
  const view = state === 'propagated' || state === 'absent' ? provenance?.view : undefined;
  return { frame, mask, bbox, area, state, verified, iou, objectScore, ...(view ? { view } : {}) };
}
