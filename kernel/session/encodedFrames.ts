import { createHash } from 'node:crypto';
import type { Box, View } from '../../shared/domain/annotations';
import type { FrameIndex } from '../../shared/domain/video';
import type { EncodedFrame, VideoModel } from '../engine/videoModel';
import { wholeFrame } from '../engine/zoom/window';
import type { FrameSource, RgbFrame } from '../video/api';

/** As much as twelve whole frames of 1024 x 1024 take. */
const defaultCapacity = 240e6;

/** How an encoding is found again. */
const keyOf = (frame: FrameIndex, view: Partial<View> | undefined): string =>
  [frame, view?.part?.join() ?? '', view?.size ?? ''].join('/');

/**
 * Frames and parts of frames after the encoder, those used last, bounded in bytes; shared by clicks and propagation.
 * What shows the same pixels as another that is kept is not encoded again.
 */
export class EncodedFrames {
  private readonly kept = new Map<string, Promise<EncodedFrame>>();
  private readonly finished = new Map<string, EncodedFrame>();
  /** By a hash of what was looked at: the key of the latest encoding of it, and back. */
  private readonly keys = new Map<string, string>();
  private readonly contents = new Map<string, string>();
  /** Encodings that did not run since the same pixels were known. */
  reused = 0;

  constructor(
    private readonly source: FrameSource,
    readonly model: VideoModel,
    private readonly capacity = defaultCapacity,
  ) {}

  get count(): number {
    return this.finished.size;
  }

  get bytes(): number {
    let bytes = 0;
    for (const frame of this.finished.values()) bytes += frame.bytes;
    return bytes;
  }

  has(frame: FrameIndex, view?: Partial<View>): boolean {
    return this.kept.has(keyOf(frame, view));
  }

  /** The encoding if it is finished; does not count as a use of it. */
  ready(frame: FrameIndex, view?: Partial<View>): EncodedFrame | undefined {
    return this.finished.get(keyOf(frame, view));
  }

  /** Milliseconds spent waiting for decoded frames, in all. */
  decodeMs = 0;

  /**
   * The frame's encoding, computed once however many ask. Not cancellable: whoever asks next is glad of it.
   * @param view as for `VideoModel.encode`.
   */
  get(frame: FrameIndex, view?: Partial<View>): Promise<EncodedFrame> {
    const key = keyOf(frame, view);
    const known = this.kept.get(key);
    if (known) {
      this.kept.delete(key);
      this.kept.set(key, known);
      return known;
    }
    const encoding = this.encode(key, frame, view);
    this.kept.set(key, encoding);
    encoding.then(
      (encoded) => {
        if (this.kept.get(key) !== encoding) return;
        this.finished.set(key, encoded);
        this.evict();
      },
      () => {
        if (this.kept.get(key) === encoding) this.forget(key);
      },
    );
    return encoding;
  }

  /** Has a frame decoded that will be asked for. */
  async decodeAhead(frame: FrameIndex): Promise<void> {
    await this.source.frame(frame);
  }

  clear(): void {
    for (const table of [this.kept, this.finished, this.keys, this.contents]) table.clear();
  }

  private async encode(
    key: string,
    frame: FrameIndex,
    view: Partial<View> | undefined,
  ): Promise<EncodedFrame> {
    const before = performance.now();
    const image = await this.source.frame(frame);
    this.decodeMs += performance.now() - before;
    const part = view?.part ?? wholeFrame(image);
    const content = contentOf(image, part, view?.size);
    const same = this.kept.get(this.keys.get(content) ?? '');
    this.keys.set(content, key);
    this.contents.set(key, content);
    if (!same) return await this.model.encode(image, view);
    const encoded = await same;
    this.reused++;
    return {
      ...encoded,
      frame,
      view: { ...encoded.view, part },
      timings: { preprocessMs: 0, encodeMs: 0 },
    };
  }

  private evict(): void {
    let { bytes } = this;
    for (const [key, { bytes: own }] of this.finishedByUse()) {
      if (bytes <= this.capacity) return;
      bytes -= own;
      this.forget(key);
    }
  }

  /** Those used longest ago first. */
  private *finishedByUse(): Generator<readonly [string, EncodedFrame]> {
    for (const key of [...this.kept.keys()]) {
      const encoded = this.finished.get(key);
      if (encoded) yield [key, encoded];
    }
  }

  private forget(key: string): void {
    this.kept.delete(key);
    this.finished.delete(key);
    const content = this.contents.get(key);
    this.contents.delete(key);
    if (content !== undefined && this.keys.get(content) === key) this.keys.delete(content);
  }
}

/** A hash of the pixels in a part of a picture, its shape and the size it is looked at. */
function contentOf({ data, width }: RgbFrame, part: Box, size: number | undefined): string {
  const [x0, y0, x1, y1] = part;
  const hash = createHash('sha256').update(`${x1 - x0}x${y1 - y0}/${size ?? ''}/`);
  if (x1 - x0 === width) hash.update(data.subarray(y0 * width * 3, y1 * width * 3));
  else for (let y = y0; y < y1; y++) hash.update(data.subarray((y * width + x0) * 3, (y * width + x1) * 3));
  return hash.digest('base64');
}
