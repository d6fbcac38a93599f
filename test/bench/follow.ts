import type {
  EncodedFrame,
  FrameMemory,
  Prediction,
  StoredMask,
  VideoModel,
} from '../../kernel/engine/videoModel';
import type { RleMask } from '../../shared/domain/annotations';
import type { RgbFrame } from '../../kernel/video/api';

/** Frames to follow an object through, from wherever they come. */
export interface FramesOfClip {
  readonly count: number;
  read(frame: number): Promise<RgbFrame>;
}

export interface Followed {
  readonly frame: number;
  readonly prediction: Prediction;
}

/** One object through a clip, forwards from its mask on the first frame, as a session propagates it. */
export async function* followObject(
  model: VideoModel,
  frames: FramesOfClip,
  given: RleMask,
): AsyncGenerator<Followed> {
  const encode = async (frame: number): Promise<EncodedFrame> => model.encode(await frames.read(frame));
  const stored: StoredMask[] = [];
  const memories = new Map<number, FrameMemory>();
  const keep = async (frame: EncodedFrame, mask: StoredMask): Promise<void> => {
    stored.push(mask);
    memories.set(mask.frame, await model.remember(frame, mask));
    // What `selectMemory` does not look at any more need not be held.
    for (const old of memories.keys())
      if (old !== 0 && old < mask.frame - model.memoryWindow) memories.delete(old);
  };

  const first = await encode(0);
  const [prompted] = (await model.predict(first, [{ points: [], mask: given }])).predictions;
  await keep(first, { ...prompted, frame: 0, state: 'prompted', verified: false });
  for (let frame = 1; frame < frames.count; frame++) {
    const encoded = await encode(frame);
    const { conditioning, recent } = model.selectMemory(frame, 'forward', [0], stored.slice(1));
    const request = {
      memories: [
        ...conditioning.map((index) => ({ memory: memories.get(index)!, conditioning: true })),
        ...recent.map((index) => ({ memory: memories.get(index)!, conditioning: false })),
      ],
    };
    const [prediction] = (await model.track(encoded, 'forward', [request])).predictions;
    const state = prediction.present ? 'propagated' : 'absent';
    await keep(encoded, { ...prediction, frame, state, verified: false });
    yield { frame, prediction };
  }
}
