import type { Direction, Quality, View } from '../../shared/domain/annotations';
import type { FrameIndex } from '../../shared/domain/video';
import type {
  EncodedFrame,
  FrameMemory,
  Prediction,
  StageMs,
  StoredMask,
  TrackRequest,
  VideoModel,
} from '../engine/videoModel';
import type { Extent, Outlook } from '../engine/zoom/window';

/** Where frames and memories come from while objects are tracked. */
export interface TrackingSource<Id> {
  readonly model: VideoModel;
  readonly quality: Quality;
  readonly video: Extent;
  /** The frame in a view, or whole; encoded once however often it is asked for. */
  encoded(frame: FrameIndex, view: View | undefined): Promise<EncodedFrame>;
  /** What a stored mask of an object contributes, its frame seen in a view, or whole. */
  memory(object: Id, stored: StoredMask, view: View | undefined): Promise<FrameMemory>;
}

/** One object to be found on a frame. */
export interface WantedObject<Id> {
  readonly id: Id;
  /** Masks behind the frame in the direction of travel that somebody made or vouched for. */
  readonly conditioning: readonly StoredMask[];
  /** Up-to-date tracked masks behind it, within the model's memory window. */
  readonly passed: readonly StoredMask[];
}

export interface FoundObject {
  readonly prediction: Prediction;
  /** Where it was looked for in the end; absent where the engine takes whole frames. */
  readonly view?: View;
  /** How often the encoder's answer was not enough. */
  readonly retries: number;
}

interface Search<Id> {
  readonly wanted: WantedObject<Id>;
  readonly remembered: readonly { readonly stored: StoredMask; readonly conditioning: boolean }[];
  outlook: Outlook | undefined;
  retries: number;
  found?: FoundObject;
}

/**
 * Objects on a frame, each looked for where its own masks say, and again where that was not enough. What is found of one
 * never depends on which others are looked for with it; those with the same view share its encoding.
 */
export async function findObjects<Id>(
  source: TrackingSource<Id>,
  frame: FrameIndex,
  direction: Direction,
  objects: readonly WantedObject<Id>[],
  signal?: AbortSignal,
): Promise<{ found: FoundObject[]; stages: StageMs }> {
  const { model, quality, video } = source;
  const stages: StageMs = { memoryReadMs: 0, maskDecodeMs: 0, postProcessMs: 0 };
  const searches = objects.map((wanted) => begin(source, frame, direction, wanted));
  const track = async (members: readonly Search<Id>[]): Promise<void> => {
    const { outlook } = members[0];
    const encoded = await source.encoded(frame, outlook?.view);
    const requests = await Promise.all(members.map((search) => requestOf(source, search)));
    signal?.throwIfAborted();
    const result = await model.track(encoded, direction, requests, signal);
    for (const stage of Object.keys(stages) as (keyof StageMs)[]) stages[stage] += result.stages[stage];
    members.forEach((search, i) => {
      const prediction = result.predictions[i];
      const { outlook: from, retries } = search;
      const box = prediction.present ? prediction.bbox : undefined;
      search.outlook = from && model.zoom?.lookAgain(from, box, video, quality);
      search.retries++;
      search.found = { prediction, retries, ...(from ? { view: from.view } : {}) };
    });
    // Each window is another one now, most likely.
    await Promise.all(members.filter(({ outlook: again }) => again).map((search) => track([search])));
  };
  await Promise.all(sameView(searches).map(track));
  return { found: searches.map(({ found }) => found!), stages };
}

function begin<Id>(
  { model, quality, video }: TrackingSource<Id>,
  frame: FrameIndex,
  direction: Direction,
  wanted: WantedObject<Id>,
): Search<Id> {
  const { conditioning, passed } = wanted;
  const selection = model.selectMemory(
    frame,
    direction,
    conditioning.map((stored) => stored.frame),
    passed,
  );
  const all = [...conditioning, ...passed];
  const byFrame = new Map(all.map((stored) => [stored.frame, stored]));
  const recall = (frames: readonly FrameIndex[], isConditioning: boolean): Search<Id>['remembered'] =>
    frames.flatMap((other) => {
      const stored = byFrame.get(other);
      return stored ? [{ stored, conditioning: isConditioning }] : [];
    });
  const nearest = (masks: readonly StoredMask[]): StoredMask[] =>
    masks.toSorted((a, b) => Math.abs(a.frame - frame) - Math.abs(b.frame - frame));
  const track = { frame, video, behind: nearest(all), anchor: nearest(conditioning).at(0) };
  return {
    wanted,
    remembered: [...recall(selection.conditioning, true), ...recall(selection.recent, false)],
    outlook: model.zoom?.lookOut(track, quality),
    retries: 0,
  };
}

function sameView<Id>(searches: readonly Search<Id>[]): Search<Id>[][] {
  const groups = new Map<string, Search<Id>[]>();
  for (const search of searches) {
    const key = JSON.stringify(search.outlook?.view ?? null);
    const group = groups.get(key);
    if (group) group.push(search);
    else groups.set(key, [search]);
  }
  return [...groups.values()];
}

async function requestOf<Id>(
  source: TrackingSource<Id>,
  { wanted, remembered, outlook }: Search<Id>,
): Promise<TrackRequest> {
  const { model, quality, video } = source;
  const memories = await Promise.all(
    remembered.map(async ({ stored, conditioning }) => {
      const view = outlook && model.zoom?.rememberedView(stored, outlook, video, quality);
      return { memory: await source.memory(wanted.id, stored, view), conditioning };
    }),
  );
  // In the whole frame nothing is taken to have moved along with the object.
  const [x0, y0, x1, y1] = outlook?.view.part ?? [0, 0, video.width, video.height];
  const part = x1 - x0 < video.width || y1 - y0 < video.height;
  const centre = part ? outlook?.expected?.centre : undefined;
  return { memories, ...(centre ? { expected: centre } : {}) };
}
