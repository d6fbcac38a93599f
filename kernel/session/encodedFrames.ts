import type { EncodedFrame, VideoModel } from '../engine/videoModel';
import type { FrameIndex } from '../../shared/domain/video';
import type { FrameSource } from '../video/api';

/** Frames after the encoder, kept near the last used one and bounded in number, shared by clicks and propagation. */
export class EncodedFrames {
  private readonly kept = new Map<FrameIndex, Promise<EncodedFrame>>();
  private readonly finished = new Map<FrameIndex, EncodedFrame>();

  constructor(
    private readonly source: FrameSource,
    readonly model: VideoModel,
    private readonly capacity = 12,
  ) {}

  get count(): number {
    return this.finished.size;
  }

  get bytes(): number {
    let bytes = 0;
    for (const frame of this.finished.values()) bytes += frame.bytes;
    return bytes;
  }

  has(frame: FrameIndex): boolean {
    return this.kept.has(frame);
  }

  /** The frame's encoding where it is there already; does not count as a use of it. */
  ready(frame: FrameIndex): EncodedFrame | undefined {
    return this.finished.get(frame);
  }

  /** Milliseconds spent waiting for decoded frames, in all. */
  decodeMs = 0;

  /** The frame's encoding, computed once however many ask. Not cancellable: whoever asks next is glad of it. */
  get(frame: FrameIndex): Promise<EncodedFrame> {
    const known = this.kept.get(frame);
    if (known) {
      this.kept.delete(frame);
      this.kept.set(frame, known);
      return known;
    }
    const encoding = this.encode(frame);
    this.kept.set(frame, encoding);
    encoding.then(
      (encoded) => {
        if (this.kept.get(frame) === encoding) this.finished.set(frame, encoded);
      },
      () => {
        if (this.kept.get(frame) === encoding) this.kept.delete(frame);
      },
    );
    this.evict();
    return encoding;
  }

  clear(): void {
    this.kept.clear();
    this.finished.clear();
  }

  private async encode(frame: FrameIndex): Promise<EncodedFrame> {
    const before = performance.now();
    const image = await this.source.frame(frame);
    this.decodeMs += performance.now() - before;
    return await this.model.encode(image);
  }

  private evict(): void {
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= this.capacity) return;
      this.kept.delete(oldest);
      this.finished.delete(oldest);
    }
  }
}
