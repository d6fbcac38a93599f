import type {
  EncodedFrame,
  FrameMemory,
  Prediction,
  StoredMask,
  VideoModel,
} from '../../kernel/engine/videoModel';
import { findObjects, type TrackingSource } from '../../kernel/session/findObjects';
import type { Quality, RleMask, View } from '../../shared/domain/annotations';
import type { RgbFrame } from '../../kernel/video/api';

/** Frames to follow an object through, from wherever they come. */
export interface FramesOfClip {
  readonly count: number;
  read(frame: number): Promise<RgbFrame>;
}

export interface Followed {
  readonly frame: number;
  readonly prediction: Prediction;
  readonly view: View | undefined;
  readonly retries: number;
  /** Milliseconds in the image encoder for this frame. */
  readonly encodeMs: number;
  /** Milliseconds in all, without reading the frame. */
  readonly ms: number;
}

/** Encodings kept: those of the frames that are remembered. */
const keptEncodings = 12;

/** One object through a clip, forwards from its mask on the first frame, as a session propagates it. */
export async function* followObject(
  model: VideoModel,
  frames: FramesOfClip,
  given: RleMask,
  quality: Quality,
): AsyncGenerator<Followed> {
  await model.load();
  const [height, width] = given.size;
  const encodings = new Map<string, Promise<EncodedFrame>>();
  const memories = new Map<string, Promise<FrameMemory>>();
  let encodeMs = 0;
  let readMs = 0;
  const encode = async (frame: number, view: View | undefined): Promise<EncodedFrame> => {
    const begun = performance.now();
    const image = await frames.read(frame);
    readMs += performance.now() - begun;
    const encoded = await model.encode(image, view);
    encodeMs += encoded.timings.encodeMs;
    return encoded;
  };
  const source: TrackingSource<string> = {
    model,
    quality,
    video: { width, height },
    encoded: (frame, view) => {
      const key = JSON.stringify([frame, view]);
      const encoding = encodings.get(key) ?? encode(frame, view);
      encodings.delete(key);
      encodings.set(key, encoding);
      for (const old of encodings.keys()) if (encodings.size > keptEncodings) encodings.delete(old);
      return encoding;
    },
    memory: (_, stored, view) => {
      const key = JSON.stringify([stored.frame, view]);
      const memory =
        memories.get(key) ??
        source.encoded(stored.frame, view).then((encoded) => model.remember(encoded, stored));
      memories.delete(key);
      memories.set(key, memory);
      for (const old of memories.keys()) if (memories.size > model.memoryWindow) memories.delete(old);
      return memory;
    },
  };
  const first = await model.encode(await frames.read(0));
  const [prompted] = (await model.predict(first, [{ points: [], mask: given }])).predictions;
  const conditioning: StoredMask[] = [{ ...prompted, frame: 0, state: 'prompted', verified: false }];
  const passed: StoredMask[] = [];
  for (let frame = 1; frame < frames.count; frame++) {
    [encodeMs, readMs] = [0, 0];
    const begun = performance.now();
    const wanted = { id: 'object', conditioning, passed: passed.slice(-model.memoryWindow) };
    const [{ prediction, view, retries }] = (await findObjects(source, frame, 'forward', [wanted])).found;
    const ms = performance.now() - begun - readMs;
    const state = prediction.present ? 'propagated' : 'absent';
    passed.push({ ...prediction, frame, state, verified: false, ...(view ? { view } : {}) });
    yield { frame, prediction, view, retries, encodeMs, ms };
  }
}
