// kernel/client/compareModels/: two models on the same clip.
/** Two models, or one at two qualities, on the same clip: where they differ, which is nearer to what people vouch for, and what each costs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MaskView, ObjectId, Quality, RleMask } from '../../../shared/domain/annotations';
import type { FrameIndex, FrameRange } from '../../../shared/domain/video';
import { MaskletError, throwIfAborted } from '../../../shared/protocol/errors';
import type { OpenParams } from '../../../shared/protocol/session';
import type { KernelSettings } from '../../../shared/protocol/settings';
import { meanMeasure, measureMasks, measureOf, type Measure } from '../../masks/measures';
import { emptyRle, rleIou } from '../../masks/rle';
import { KernelClient, type KernelSession } from '../kernelClient';
import { rangesOf, referencesOf } from './references';

/** A model, and what the built-in one may cost. */
export interface Contestant {
  /** As it is shown, and named by whoever asks. */
  readonly name: string;
  readonly model: string;
  readonly quality?: Quality;
}

export interface CompareModelsOptions {
  readonly path: string;
  readonly contestants: readonly [Contestant, Contestant];
  readonly dataDir?: string;
  readonly workspaceRoot?: string;
  readonly range?: FrameRange;
  /** Measures on verified masks alone; default: also on those drawn by hand. */
  readonly verifiedOnly?: boolean;
}

/** What a contestant made of the clip. */
export interface Performance {
  readonly name: string;
  readonly model: string;
  readonly quality?: Quality;
  readonly frames: number;
  readonly msPerFrame: number | null;
  /** The most memory that its kernel held, in bytes. */
  readonly peakBytes: number;
  /** DAVIS's measures over the reference masks; null where there are none. */
  readonly measure: Measure | null;
  /** By object, then by frame. */
  readonly masks: ReadonlyMap<ObjectId, ReadonlyMap<FrameIndex, RleMask>>;
}

export interface ModelComparison {
  readonly path: string;
  readonly contestants: readonly [Performance, Performance];
  /** Reference masks that both are measured on. */
  readonly references: number;
  /** Of each frame the lowest IoU between both, over its objects; null where neither has a mask. */
  readonly lane: readonly (number | null)[];
  /** The mean IoU between both, over objects and frames; null where there are no masks. */
  readonly agreement: number | null;
  /** Where they agree the least: below an IoU of 0.75. */
  readonly differ: readonly FrameRange[];
  /** Changes of the clip that are not saved, and therefore not part of it. */
  readonly unsaved: boolean;
}

export interface CompareProgress {
  readonly contestant: string;
  readonly done: number;
  readonly total: number;
}

const DIFFERENT_BELOW = 0.75;

/**
 * Propagates a clip's saved prompts with both, each in a kernel and a database of its own, which go afterwards: rows and files of the
 * clip stay as they are.
 * @throws MaskletError as opening and propagating do; `cancelled`
 */
export async function compareModels(
  options: CompareModelsOptions,
  { client, settings }: { readonly client: string; readonly settings: Partial<KernelSettings> },
  signal: AbortSignal,
  onProgress: (progress: CompareProgress) => void,
): Promise<ModelComparison> {
  const place = placeOf(options);
  const runs: Run[] = [];
  let unsaved: boolean | undefined;
  for (const contestant of options.contestants) {
    throwIfAborted(signal);
    const kernel = new KernelClient({ client, settings });
    try {
      unsaved ??= await isUnsaved(kernel, place, signal);
      runs.push(await run(kernel, options, contestant, signal, onProgress));
    } finally {
      await kernel.dispose();
    }
  }
  const [a, b] = runs;
  const contestants = [await performanceOf(a, signal), await performanceOf(b, signal)] as const;
  return {
    path: a.path,
    contestants,
    references: a.references.length,
    ...(await differences(contestants, a.frameCount, signal)),
    unsaved: unsaved === true,
  };
}

interface Run extends Omit<Performance, 'measure'> {
  readonly path: string;
  readonly frameCount: number;
  readonly references: readonly MaskView[];
}

async function run(
  kernel: KernelClient,
  options: CompareModelsOptions,
  contestant: Contestant,
  signal: AbortSignal,
  onProgress: (progress: CompareProgress) => void,
): Promise<Run> {
  const { range, verifiedOnly = false } = options;
  const databaseDir = await mkdtemp(join(tmpdir(), 'masklet-compare-'));
  try {
    const { name, model, quality } = contestant;
    const session = await kernel.open(
      { ...placeOf(options), databaseDir, model, holder: 'masklet compare' },
      { signal },
    );
    const { video, prompts } = session.opened;
    const standing = await masksOf(session, video.frameCount, signal);
    const references = referencesOf(standing, prompts, verifiedOnly);
    for (const hidden of references.hidden) await session.request('mask/remove', hidden);
    const result = await session.request(
      'session/propagate',
      {
        direction: 'both',
        force: true,
        ...(quality === undefined ? {} : { quality }),
        ...(range === undefined ? {} : { range }),
      },
      { signal, onProgress: ({ done, total }) => onProgress({ contestant: name, done, total }) },
    );
    if (result.cancelled) throw new MaskletError('cancelled', 'Cancelled.');
    const masks = new Map<ObjectId, Map<FrameIndex, RleMask>>();
    for (const { object, frame, mask } of await masksOf(session, video.frameCount, signal)) {
      const own = masks.get(object) ?? new Map<FrameIndex, RleMask>();
      masks.set(object, own.set(frame, mask));
    }
    const { memory } = await kernel.request('kernel/health', {});
    await session.close();
    const tracked = result.frames - result.skipped;
    return {
      path: video.path,
      name,
      model: session.opened.model,
      ...(quality === undefined ? {} : { quality }),
      frameCount: video.frameCount,
      frames: tracked,
      msPerFrame: tracked > 0 ? result.wallMs / tracked : null,
      peakBytes: memory.peakRss,
      masks,
      references: references.masks.filter(
        ({ frame }) => !range || (frame >= range.first && frame <= range.last),
      ),
    };
  } finally {
    await rm(databaseDir, { recursive: true, force: true });
  }
}

type ClipPlace = Pick<OpenParams, 'path' | 'dataDir' | 'workspaceRoot'>;

function placeOf({ path, dataDir, workspaceRoot }: CompareModelsOptions): ClipPlace {
  return {
    path,
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(workspaceRoot === undefined ? {} : { workspaceRoot }),
  };
}

/** Whether the clip's own database is ahead of its sidecar. */
async function isUnsaved(kernel: KernelClient, place: ClipPlace, signal: AbortSignal): Promise<boolean> {
  const session = await kernel.open({ ...place, readOnly: true }, { signal });
  const { dirty } = session.opened;
  await session.close();
  return dirty;
}

async function masksOf(session: KernelSession, frameCount: number, signal: AbortSignal): Promise<MaskView[]> {
  const masks: MaskView[] = [];
  for (let frame = 0; frame < frameCount; frame++) {
    throwIfAborted(signal);
    masks.push(...(await session.request('frame/masks', { frame })));
  }
  return masks;
}

async function performanceOf(
  { path: _path, frameCount: _count, references, ...rest }: Run,
  signal: AbortSignal,
): Promise<Performance> {
  const measures: Measure[] = [];
  for (const { object, frame, mask: truth } of references) {
    await breathe(signal);
    const [height, width] = truth.size;
    const found = rest.masks.get(object)?.get(frame) ?? emptyRle(width, height);
    const { j, f } = measureMasks(found, truth);
    measures.push(measureOf(j, f));
  }
  return { ...rest, measure: measures.length > 0 ? meanMeasure(measures) : null };
}

async function differences(
  [a, b]: readonly [Performance, Performance],
  frameCount: number,
  signal: AbortSignal,
): Promise<Pick<ModelComparison, 'lane' | 'agreement' | 'differ'>> {
  const lane: (number | null)[] = [];
  const all: number[] = [];
  const objects = [...new Set([...a.masks.keys(), ...b.masks.keys()])];
  for (let frame = 0; frame < frameCount; frame++) {
    await breathe(signal);
    const ious = objects.flatMap((object) => {
      const [one, other] = [a.masks.get(object)?.get(frame), b.masks.get(object)?.get(frame)];
      const known = one ?? other;
      if (!known) return [];
      const none = emptyRle(known.size[1], known.size[0]);
      return [rleIou(one ?? none, other ?? none)];
    });
    all.push(...ious);
    lane.push(ious.length > 0 ? Math.min(...ious) : null);
  }
  const apart = lane.flatMap((iou, frame) => (iou !== null && iou < DIFFERENT_BELOW ? [frame] : []));
  return {
    lane,
    agreement: all.length > 0 ? all.reduce((sum, iou) => sum + iou, 0) / all.length : null,
    differ: rangesOf(apart),
  };
}

/** Lets other work of this thread, which may be VS Code's, come in between. */
async function breathe(signal: AbortSignal): Promise<void> {
  throwIfAborted(signal);
  await new Promise((resolve) => setImmediate(resolve));
}
