import { decodeRle, rleArea, rleIou, encodeRle } from '../../kernel/masks/rle';
import type { VideoModel } from '../../kernel/engine/videoModel';
import type { Quality, RleMask } from '../../shared/domain/annotations';
import type { SceneOptions } from '../../kernel/sample/options';
import { Scene } from '../../kernel/sample/scene';
import type { RgbFrame } from '../../kernel/video/api';
import type { Shown } from './absence';
import { followObject } from './follow';
import { contourAccuracy, measureOf, type Measure } from '../../kernel/masks/measures';

/** What makes tracking hard, one thing at a time: scenes of our own drawing, whose masks are exact. */
export const sceneKinds = {
  plain: {},
  'partly-hidden': { occlusion: 'partial' },
  hidden: { occlusion: 'full' },
  lookalikes: { lookalikes: true, objects: 4 },
  scale: { scaleChange: 3 },
  // 20 to 40 pixels long.
  small: { width: 1920, height: 1080, fishSize: 0.075, frames: 120 },
  'fast-and-blurred': { frames: 30, motionBlur: 1 },
  leaves: { leaveFrame: true },
  'hidden-and-leaves': { leaveFrame: true, occlusion: 'full' },
  'leaves-a-lookalike': { leaveFrame: true, lookalikes: true },
} as const satisfies Readonly<Record<string, Partial<SceneOptions>>>;

export type SceneKind = keyof typeof sceneKinds;

export const isSceneKind = (text: string): text is SceneKind => Object.hasOwn(sceneKinds, text);

export function sceneOptionsOf(kind: SceneKind, seed: number): Partial<SceneOptions> {
  return { width: 848, height: 480, seed, occlusion: 'none', ...sceneKinds[kind] };
}

export interface SceneResult {
  /** Over the frames on which something of the object can be seen. */
  readonly measure: Measure;
  /** Frame after frame, from the second one on. */
  readonly shown: readonly Shown[];
  /** The score shown for each frame's mask, 0 where the object is marked absent. */
  readonly score: readonly number[];
}

/** The main object of a scene, followed from its exact mask on the first frame. */
export async function followScene(
  model: VideoModel,
  quality: Quality,
  options: Partial<SceneOptions>,
): Promise<SceneResult> {
  const scene = new Scene(options);
  const { width, height, frames } = scene.options;
  const truths: RleMask[] = [];
  const read = (index: number): Promise<RgbFrame> => {
    const { rgb, masks } = scene.frame(index);
    truths[index] = encodeRle(masks[0], width, height);
    const data = new Uint8Array(new SharedArrayBuffer(rgb.length));
    data.set(rgb);
    return Promise.resolve({ index, pts: index, width, height, data });
  };
  const given = encodeRle(scene.frame(0).masks[0], width, height);
  const shown: Shown[] = [];
  const score: number[] = [];
  const visible = { frames: 0, J: 0, F: 0 };
  for await (const { frame, prediction } of followObject(model, { count: frames, read }, given, quality)) {
    const truth = truths[frame];
    const iou = rleIou(prediction.mask, truth);
    const hidden = rleArea(truth) === 0;
    shown.push({ hidden, absent: !prediction.present, iou });
    score.push(prediction.iou ?? 0);
    if (hidden) continue;
    visible.frames++;
    visible.J += iou;
    visible.F += contourAccuracy(decodeRle(prediction.mask), decodeRle(truth), width, height);
  }
  return { measure: measureOf(visible.J / visible.frames, visible.F / visible.frames), shown, score };
}
