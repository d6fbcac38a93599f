import { join } from 'node:path';
import { imageMean, imageStd } from '../../kernel/engine/imageStatistics';
import { OnnxSessions } from '../../kernel/engine/onnx/sessions';
import type { RunModel } from '../../kernel/engine/onnx/tensors';
import { encodeImage, type FrameFeatures, type Sam2Model } from '../../kernel/engine/sam2/steps';
import { buildModel, type BuiltModel } from '../../models/sam2/build';
import { loadOnThisThread } from '../support/sam2Model';
import { hintsOf, type ManifestModel } from './manifest';
import type { TensorFile } from './tensors';

/** A model of the manifest, built and loaded on this thread. */
export interface LoadedModel extends Sam2Model {
  readonly built: BuiltModel;
  /** Loads another graph that uses the same weights. */
  readonly load: (model: string) => Promise<RunModel>;
}

/** @param cacheFolder where the graphs are written. */
export async function loadModel(
  folder: string,
  { checkpoint, config }: ManifestModel,
  cacheFolder: string,
): Promise<LoadedModel> {
  const built = await buildModel(join(folder, checkpoint), {
    cacheFolder,
    // Nothing is kept between runs, so that a name does.
    sha256: checkpoint,
    hints: hintsOf(config),
  });
  const sessions = new OnnxSessions();
  const load = async (model: string): Promise<RunModel> => {
    const { handle } = await sessions.load({ model, name: 'graph', providers: ['cpu'], threads: 1 });
    return (feeds) => sessions.run(handle, feeds);
  };
  return { ...(await loadOnThisThread(built)), built, load };
}

/** A frame of the clip as the model takes it: [1, 3, size, size], normalised. */
export async function clipImage(size: number, clip: TensorFile, frame: number): Promise<Float32Array> {
  const rgb = await clip.bytes('frames_rgb_u8', frame);
  const pixels = size ** 2;
  return Float32Array.from({ length: 3 * pixels }, (_, i) => {
    const channel = Math.floor(i / pixels);
    return (rgb[(i % pixels) * 3 + channel] / 255 - imageMean[channel]) / imageStd[channel];
  });
}

/** The features of the clip's frames, which are already of the model's size; each is encoded once. */
export function frameFeatures(model: Sam2Model, clip: TensorFile): (frame: number) => Promise<FrameFeatures> {
  const encoded = new Map<number, Promise<FrameFeatures>>();
  const encode = async (frame: number): Promise<FrameFeatures> =>
    encodeImage(model, await clipImage(model.config.imageSize, clip, frame));
  return (frame) => {
    let features = encoded.get(frame);
    if (!features) encoded.set(frame, (features = encode(frame)));
    return features;
  };
}
