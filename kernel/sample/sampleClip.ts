// kernel/sample/: the sample clip: a drawn pond with fish, and its ground truth.
import { MaskletError, throwIfAborted } from '../../shared/protocol/errors';
import { encodeRle } from '../masks/rle';
import type { Box, PointPrompt, RleMask } from '../../shared/domain/annotations';
import { encodeVideo } from '../render/videoEncoder';
import { boxOf, innermostPoint, type GroundTruth } from './groundTruth';
import type { SceneOptions } from './options';
import { Scene } from './scene';

export interface SampleClipOptions extends Partial<SceneOptions> {
  /** The MP4 to write. */
  readonly out: string;
  /** The ffmpeg to run; see `findFfmpeg`. */
  readonly ffmpeg: string;
  /** Render only the first so many frames of the scene; default: all. */
  readonly first?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface SampleClip {
  readonly video: string;
  /** Masks as drawn: compression changes colours, not where the object is. */
  readonly groundTruth: GroundTruth;
  /** Around the main object on frame 0. */
  readonly box: Box;
  /** Well inside the main object on frame 0. */
  readonly point: PointPrompt;
}

/**
 * Renders a scene (see `Scene`) to an MP4 and returns its exact masks. The file appears only when it is complete.
 * About 25 s for 60 frames of 1280x720 on one core. Memory does not grow with the clip, except for its masks.
 * @throws MaskletError `input/invalid`, `ffmpeg/missing`, `ffmpeg/failed`, `storage/*`, `cancelled`.
 */
export async function renderSampleClip(options: SampleClipOptions): Promise<SampleClip> {
  const { out, ffmpeg, first, signal, onProgress, ...sceneOptions } = options;
  throwIfAborted(signal);
  const scene = new Scene(sceneOptions);
  const { width, height, fps, objects } = scene.options;
  const frames = Math.min(first ?? scene.options.frames, scene.options.frames);
  if (width % 2 === 1 || height % 2 === 1) {
    throw new MaskletError(
      'input/invalid',
      `A sample clip cannot be ${width}x${height}: 4:2:0 video has even sides.`,
      {
        file: out,
        hint: 'Give an even width and height.',
      },
    );
  }
  const masks: RleMask[][] = Array.from({ length: objects }, () => []);
  let box: Box | undefined;
  let point: { x: number; y: number } | undefined;
  await encodeVideo({ ffmpeg, out, width, height, fps, signal }, async (encoder) => {
    for (let i = 0; i < frames; i++) {
      const frame = scene.frame(i);
      if (i === 0) {
        box = boxOf(frame.masks[0], width, height);
        point = innermostPoint(frame.masks[0], width, height);
      }
      frame.masks.forEach((mask, object) => masks[object].push(encodeRle(mask, width, height)));
      await encoder.write(frame.rgb);
      onProgress?.(i + 1, frames);
      // Drawing blocks the thread: let an abort and others' messages in between.
      await new Promise((resolve) => setImmediate(resolve));
      throwIfAborted(signal);
    }
  });
  if (!box || !point) {
    throw new MaskletError('internal', `The main object is not on frame 0 of ${out}.`, { file: out });
  }
  return {
    video: out,
    groundTruth: {
      version: 1,
      width,
      height,
      fps,
      objects: masks.map((own, i) => ({ name: `fish ${i + 1}`, masks: own })),
    },
    box,
    point: { ...point, label: 1 },
  };
}
