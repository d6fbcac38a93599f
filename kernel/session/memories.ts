import type { EncodedFrame, FrameMemory, StoredMask, VideoModel } from '../engine/videoModel';
import type { FrameIndex } from '../../shared/domain/video';
import type { MaskRecord, ObjectId } from '../../shared/domain/annotations';

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
    private readonly encoded: (frame: FrameIndex) => Promise<EncodedFrame>,
  ) {}

  get count(): number {
    return this.entries.size;
  }

  /** The memory of `record`, made now where it is not there. */
  get(object: ObjectId, record: MaskRecord): Promise<FrameMemory> {
    const key = `${object}/${record.frame}`;
    const known = this.entries.get(key);
    if (known?.counts === record.mask.counts) {
      known.lastUse = this.clock;
      return known.memory;
    }
    const memory = this.encoded(record.frame).then((frame) =>
      this.model.remember(frame, toStoredMask(record)),
    );
    this.entries.set(key, { counts: record.mask.counts, memory, lastUse: this.clock });
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
  const { frame, mask, area, state, verified, iou, objectScore } = record;
  return { frame, mask, area, state, verified, iou, objectScore };
}
