// kernel/engine/embedded/: the built-in model, which tracks by a memory of features.
import {
  locateModelFile,
  modelFolders,
  modelSha256,
  sam2TinyEmbedded,
  type ModelFile,
} from '../../../models/catalogue';
import {
  findPrepared,
  originalSize,
  preparedFolder,
  type PreparedForm,
  type PreparedGraphs,
  type Precision,
} from '../../../models/embedded/prepare';
import { memoryReadoutModel } from '../../../models/memoryReadout';
import { verifyModelFile } from '../../../models/verify';
import { isCancelled, MaskletError } from '../../../shared/protocol/errors';
import { emptyRle } from '../../masks/rle';
import { kernelScript, packageRoot } from '../../runtime/paths';
import type { PixelApi } from '../../pixels/api';
import type { Direction, VideoPoint, View } from '../../../shared/domain/annotations';
import type { ModelState } from '../../../shared/protocol/health';
import type { RgbFrame } from '../../video/api';
import { WorkerClient } from '../../workers/rpc';
import { answerGivenMasks, round4 } from '../givenMask';
import { imageMean, imageStd } from '../imageStatistics';
import { LoadedEngine, type Disposable, type Started } from '../loadedEngine';
import type { InferenceApi } from '../onnx/inferenceApi';
import { inferenceThread, watchAccelerator } from '../onnx/inferenceThread';
import type { LoadedModel } from '../onnx/sessions';
import type { ProviderChoice } from '../providers/choice';
import {
  providerPlanner,
  providersOf,
  type ProviderOptions,
  type ProviderPlan,
  type ProviderPlanner,
} from '../providers/planner';
import { mustShareThread } from '../onnx/providerTraits';
import type { TrialWork } from '../providers/trialApi';
import { clicksTogether, toProposals } from '../proposals/proposals';
import type {
  EncodedFrame,
  FrameMemory,
  MemorySelection,
  ObjectPrompt,
  Prediction,
  Proposed,
  StageMs,
  StoredMask,
  TrackRequest,
  VideoModel,
  Zoom,
} from '../videoModel';
import { centreOf, wholeFrame, type Point } from '../zoom/window';
import type { FrameFeatures } from './decoder';
import { groupByMemory } from './grouping';
import { memoryWindow, selectMemory } from './memory';
import { featureChannels, featureGridOf, maskGridOf, patchSize, trackingDefaults } from './parameters';
import { choosePrecision, type Comparison, type Effort } from './precision';
import { toQuestion } from './prompts';
import type { MatchFeatures, Placement } from './readout';
import type { EmbeddedApi } from './workerApi';
import { EmbeddedZoom } from './zoom';

export interface EmbeddedModelOptions extends ProviderOptions {
  /** Where the encoder's prepared form is kept; without it the encoder runs as it came. */
  readonly cacheFolder?: string | undefined;
  /** How the encoder computes on a CPU; `auto`, the default, is the faster way on this machine, `original` as it came. */
  readonly precision?: Precision | 'auto' | 'original' | undefined;
  /** False: objects are looked for in whole frames; default true. */
  readonly zoom?: boolean;
  /** Called at every change of `state`. */
  readonly onState?: (state: ModelState) => void;
}

/** A view's features, in memory that all threads share. */
interface EmbeddedFrame extends EncodedFrame {
  readonly features: FrameFeatures;
  readonly match: MatchFeatures;
}

/** What is remembered of a frame for one object. */
interface EmbeddedMemory extends FrameMemory {
  /** Shared by the memories of all objects in this view. */
  readonly keys: Int8Array;
  /** Coverage of the decoder's grid. */
  readonly mask: Float32Array;
  readonly view: View;
  /** Of the mask's box. */
  readonly centre: Point;
}

type InferenceThread = WorkerClient<InferenceApi & EmbeddedApi>;
/** Makes a part of the engine end with it. */
type Own = <T extends Disposable>(part: T) => T;

/** The loaded models and the threads they live in. */
interface Engine {
  readonly encoderThread: InferenceThread;
  /** Holds decoder and memory read-out, so that a click is answered while the encoder runs. */
  readonly decoderThread: InferenceThread;
  readonly pixelThread: WorkerClient<PixelApi>;
  readonly memory: number;
  /** Encoder and decoder for an input size, loaded when it is first asked for. */
  readonly sized: (size: number) => Promise<SizedModels>;
  /** Whether there are other sizes than the files' own. */
  readonly scales: boolean;
  readonly provider: string;
  /** Clicks in one run of the decoder: an accelerator is faster so, a CPU is not. */
  readonly clicksTogether: number;
}

interface SizedModels {
  readonly encoder: number;
  readonly decoder: number;
}

/**
 * SAM 2 Hiera-Tiny from the two frozen files that come with the dependencies, tracking through a feature memory: what
 * a frame's cells resembled in remembered frames tells the decoder where to look. Needs no download.
 */
export function createEmbeddedModel(options: EmbeddedModelOptions): VideoModel {
  return new EmbeddedModel(options);
}

class EmbeddedModel implements VideoModel<EmbeddedFrame, EmbeddedMemory> {
  readonly id = sam2TinyEmbedded.id;
  readonly sha256 = modelSha256(sam2TinyEmbedded);
  readonly memoryWindow = memoryWindow;
  readonly zoom: Zoom | undefined;
  private readonly loaded: LoadedEngine<Engine>;
  private readonly planner: ProviderPlanner;
  /** The encoder that the CPU runs, once that is known. */
  private cpuEncoder: { readonly graph: string; readonly precision: Precision } | undefined;

  constructor(private readonly options: EmbeddedModelOptions) {
    this.planner = providerPlanner({
      ...options,
      folder: options.cacheFolder,
      model: this.sha256,
      halfPrecision: false,
      cpuPrecision: () => this.cpuEncoder?.precision ?? 'float32',
      work: () => this.trialWork(),
    });
    const start = (own: Own, plan: ProviderPlan): Promise<Started<Engine>> => this.start(own, plan);
    this.loaded = new LoadedEngine(this.id, start, this.planner, options.onState);
    this.zoom = options.zoom === false ? undefined : new EmbeddedZoom(() => this.loaded.loadedNow);
  }

  get state(): ModelState {
    return this.loaded.state;
  }

  async load(signal?: AbortSignal): Promise<void> {
    await this.loaded.ready(signal);
  }

  async encode(image: RgbFrame, wanted: Partial<View> = {}, signal?: AbortSignal): Promise<EmbeddedFrame> {
    return this.loaded.use(signal, async ({ pixelThread, encoderThread, sized }) => {
      const { data, width, height } = image;
      const view: View = { part: wholeFrame(image), size: originalSize, ...wanted };
      const { part, size } = view;
      const { encoder } = await sized(size);
      const input = await pixelThread.request(
        'preprocess',
        { data, width, height, part, size, mean: imageMean, std: imageStd },
        { signal },
      );
      const { features, match, ms } = await encoderThread.request(
        'encode',
        { handle: encoder, image: input.tensor, size },
        { signal, transfer: [input.tensor.buffer as ArrayBuffer] },
      );
      const { imageEmbed, highRes0, highRes1 } = features;
      const arrays = [imageEmbed, highRes0, highRes1, match.query, match.keys];
      const frame: EmbeddedFrame = {
        frame: image.index,
        view,
        width,
        height,
        bytes: arrays.reduce((sum, array) => sum + array.byteLength, 0),
        timings: { preprocessMs: input.ms, encodeMs: ms },
        features,
        match,
      };
      return frame;
    });
  }

  async predict(
    frame: EmbeddedFrame,
    prompts: readonly ObjectPrompt[],
    signal?: AbortSignal,
  ): Promise<{ predictions: Prediction[]; stages: StageMs }> {
    const { predictions, asked } = answerGivenMasks(prompts);
    const stages: StageMs = { memoryReadMs: 0, maskDecodeMs: 0, postProcessMs: 0 };
    if (asked.length === 0) return { predictions, stages };
    const questions = asked.map((i) => toQuestion(prompts[i], frame.view));
    return this.loaded.use(signal, async (engine) => {
      const { decoder } = await engine.sized(frame.view.size);
      const { answers, ms } = await engine.decoderThread.request(
        'predict',
        { handle: decoder, frame: frame.features, questions },
        { signal },
      );
      stages.maskDecodeMs = ms;
      const shapes = await this.toMasks(
        engine,
        frame,
        answers.map((answer) => answer.logits),
        stages,
        signal,
      );
      asked.forEach((prompt, i) => {
        const shape = shapes[i];
        predictions[prompt] = {
          ...shape,
          iou: round4(answers[i].iou),
          objectScore: null,
          present: shape.area > 0,
        };
      });
      return { predictions, stages };
    });
  }

  async propose(
    frame: EmbeddedFrame,
    points: readonly VideoPoint[],
    signal?: AbortSignal,
  ): Promise<{ proposals: Proposed[]; stages: StageMs }> {
    const [left, top, right, bottom] = frame.view.part;
    const { size } = frame.view;
    const inSquare = points.map(([x, y]): VideoPoint => [
      ((x - left) * size) / (right - left),
      ((y - top) * size) / (bottom - top),
    ]);
    return this.loaded.use(signal, async (engine) => {
      const { decoder } = await engine.sized(size);
      const { readings, ms } = await engine.decoderThread.request(
        'propose',
        { handle: decoder, frame: frame.features, points: inSquare, batch: engine.clicksTogether },
        { signal },
      );
      const stages: StageMs = { memoryReadMs: 0, maskDecodeMs: ms, postProcessMs: 0 };
      const shapes = await this.toMasks(
        engine,
        frame,
        readings.map(({ logits }) => logits),
        stages,
        signal,
      );
      return { proposals: toProposals(points, readings, shapes), stages };
    });
  }

  selectMemory(
    frame: number,
    direction: Direction,
    conditioning: readonly number[],
    passed: readonly StoredMask[],
  ): MemorySelection {
    return selectMemory(frame, direction, conditioning, passed, trackingDefaults);
  }

  async remember(encoded: EmbeddedFrame, stored: StoredMask): Promise<EmbeddedMemory> {
    const { frame, match, view } = encoded;
    return this.loaded.use(undefined, async ({ decoderThread }) => {
      const mask = await decoderThread.request('remember', { mask: stored.mask, view });
      const memory: EmbeddedMemory = {
        frame,
        bytes: match.keys.byteLength + mask.byteLength,
        keys: match.keys,
        mask,
        view,
        centre: centreOf(stored.bbox),
      };
      return memory;
    });
  }

  async track(
    frame: EmbeddedFrame,
    _direction: Direction,
    objects: readonly TrackRequest<EmbeddedMemory>[],
    signal?: AbortSignal,
  ): Promise<{ predictions: Prediction[]; stages: StageMs }> {
    const stages: StageMs = { memoryReadMs: 0, maskDecodeMs: 0, postProcessMs: 0 };
    const absent: Prediction = {
      mask: emptyRle(frame.width, frame.height),
      area: 0,
      bbox: [0, 0, 0, 0],
      iou: 0,
      objectScore: 0,
      present: false,
    };
    const predictions = objects.map(() => absent);
    const groups = groupByMemory(
      frame.frame,
      objects.map(({ memories, expected }) =>
        memories.map(({ memory, conditioning }) => {
          const placement = placementOf(memory, frame, expected);
          return { ...memory, conditioning, ...(placement ? { placement } : {}) };
        }),
      ),
    );
    return this.loaded.use(signal, async (engine) => {
      const { memory, decoderThread } = engine;
      const { decoder } = await engine.sized(frame.view.size);
      for (const { members, distance, memories } of groups) {
        const { tracked, times } = await decoderThread.request(
          'track',
          {
            decoder,
            memory,
            frame: frame.features,
            query: frame.match.query,
            memories,
            objects: members.length,
            wasSeen: distance === 1,
          },
          { signal },
        );
        stages.memoryReadMs += times.memoryReadMs;
        stages.maskDecodeMs += times.maskDecodeMs;
        const found = tracked.flatMap(({ logits, ...scores }, i) =>
          logits ? [{ object: members[i], logits, ...scores }] : [],
        );
        tracked.forEach(({ objectScore }, i) => {
          predictions[members[i]] = { ...absent, objectScore: round4(objectScore) };
        });
        const shapes = await this.toMasks(
          engine,
          frame,
          found.map(({ logits }) => logits),
          stages,
          signal,
        );
        found.forEach(({ object, iou, objectScore }, i) => {
          const shape = shapes[i];
          const present = shape.area > 0;
          predictions[object] = { ...shape, iou: round4(iou), objectScore: round4(objectScore), present };
        });
      }
      return { predictions, stages };
    });
  }

  hold(): () => void {
    return this.loaded.hold();
  }

  async tryProviders(signal: AbortSignal): Promise<ProviderChoice> {
    await this.load(signal);
    return this.planner.improve(signal);
  }

  dispose(): Promise<void> {
    return this.loaded.dispose();
  }

  /** The encoder alone, which does nearly all of the work: clicks are decoded by the CPU while it runs. */
  private trialWork(): Promise<TrialWork> {
    const encoder = locateModelFile(sam2TinyEmbedded.encoder, modelFolders(sam2TinyEmbedded, packageRoot()));
    const cpu = this.cpuEncoder ? { cpu: { encoder: this.cpuEncoder.graph } } : {};
    const graphs = { float32: { encoder } };
    return Promise.resolve({ workload: { kind: 'embedded' }, graphs, reference: { encoder }, ...cpu });
  }

  /** Mask logits as masks in video pixels; counts the time in `stages`. */
  private async toMasks(
    { pixelThread }: Engine,
    { width, height, view: { part, size } }: EncodedFrame,
    logits: readonly Float32Array[],
    stages: StageMs,
    signal: AbortSignal | undefined,
  ): Promise<readonly Pick<Prediction, 'mask' | 'area' | 'bbox'>[]> {
    if (logits.length === 0) return [];
    const { masks, ms } = await pixelThread.request(
      'postprocess',
      { logits, size: maskGridOf(size), width, height, part },
      { signal, transfer: logits.map((map) => map.buffer as ArrayBuffer) },
    );
    stages.postProcessMs += ms;
    return masks;
  }

  private async start(own: Own, plan: ProviderPlan): Promise<Started<Engine>> {
    const encoderThread: InferenceThread = own(inferenceThread('encoder', this.options));
    const decoderThread: InferenceThread = own(inferenceThread('decoder', this.options));
    const pixelThread = own(new WorkerClient<PixelApi>(kernelScript('pixelWorker'), {}, 'pixels'));
    const [encoder, [decoder, memory]] = await Promise.all([
      this.loadEncoder(encoderThread, own, plan),
      this.loadFile(
        decoderThread,
        sam2TinyEmbedded.decoder,
        plan.providers.some(mustShareThread) ? ['cpu'] : providersOf(plan, 'decoder'),
      ).then(async (loaded) => [loaded, await this.loadMemory(decoderThread)] as const),
    ]);
    watchAccelerator(encoderThread, encoder.provider, this.options);
    watchAccelerator(decoderThread, decoder.provider, this.options);
    const { precision } = encoder;
    const original: SizedModels = { encoder: encoder.handle, decoder: decoder.handle };
    const sizes = new Map([[originalSize, Promise.resolve(original)]]);
    const engine: Engine = {
      encoderThread,
      decoderThread,
      pixelThread,
      memory: memory.handle,
      scales: encoder.prepared && encoder.provider === 'cpu',
      provider: encoder.provider,
      clicksTogether: clicksTogether(decoder.provider),
      sized: (size) => {
        let models = sizes.get(size);
        if (!models) {
          models = this.loadSize({ size, precision }, encoderThread, decoderThread, own);
          sizes.set(size, models);
          models.catch(() => sizes.delete(size));
        }
        return models;
      },
    };
    // The encoder does nearly all of the work, so it is what the provider means.
    return {
      engine,
      provider: encoder.provider,
      ...(precision === 'int8' ? { precision } : {}),
      fallback: encoder.fallback ?? decoder.fallback,
    };
  }

  /** The encoder as it runs fastest here. Where it cannot be prepared it runs as it came, and the state says why. */
  private async loadEncoder(
    thread: InferenceThread,
    own: Own,
    plan: ProviderPlan,
  ): Promise<LoadedModel & { readonly precision: Precision; readonly prepared: boolean }> {
    const { encoder: file } = sam2TinyEmbedded;
    const { threads } = this.options;
    const providers = providersOf(plan, 'encoder');
    const path = embeddedFile(file);
    await verifyModelFile(path, file);
    const request = { model: path, name: file.name, providers, threads };
    let refusal: string | undefined;
    try {
      const precision = await this.preparedPrecision(thread, providers);
      if (precision !== undefined) {
        const { encoder: cpuModel } = await this.prepared({ size: originalSize, precision }, own);
        this.cpuEncoder = { graph: cpuModel, precision };
        const loaded = await thread.request('load', { ...request, cpuModel });
        return { ...loaded, precision: loaded.provider === 'cpu' ? precision : 'float32', prepared: true };
      }
    } catch (error) {
      if (isCancelled(error)) throw error;
      refusal = `prepared encoder: ${error instanceof Error ? error.message : String(error)}`;
    }
    const loaded = await thread.request('load', request);
    const fallback = [loaded.fallback, refusal].filter(Boolean).join('; ');
    return { ...loaded, precision: 'float32', prepared: false, ...(fallback ? { fallback } : {}) };
  }

  /** How a prepared encoder is to compute; undefined where the encoder is to run as it came. */
  private async preparedPrecision(
    thread: InferenceThread,
    providers: readonly string[],
  ): Promise<Precision | undefined> {
    const { cacheFolder, threads, precision: wanted = 'auto' } = this.options;
    if (cacheFolder === undefined || wanted === 'original' || !providers.includes('cpu')) return undefined;
    const compare = (effort: Effort): Promise<Comparison> =>
      thread.request('comparePrecisions', { threads, effort });
    return wanted === 'auto' ? await choosePrecision(cacheFolder, compare) : wanted;
  }

  /** Graphs in the form that is wanted, prepared now if no earlier run left them. */
  private async prepared(form: PreparedForm, own: Own): Promise<PreparedGraphs> {
    const { cacheFolder } = this.options;
    if (cacheFolder === undefined)
      throw new MaskletError('internal', 'There is no folder for prepared models.');
    const { encoder, decoder } = sam2TinyEmbedded;
    const sources = { encoder, decoder };
    const folder = preparedFolder(cacheFolder, sources, form);
    const found = await findPrepared(folder);
    if (found !== undefined) return found;
    const paths = { encoder: embeddedFile(encoder), decoder: embeddedFile(decoder) };
    const preparing: InferenceThread = own(inferenceThread('prepare', this.options));
    try {
      return await preparing.request('prepare', { ...form, paths, sources, folder });
    } finally {
      // With the thread goes the memory that preparing took.
      await preparing.dispose();
    }
  }

  /** Encoder and decoder for another input size than the files' own, on the CPU. */
  private async loadSize(
    form: PreparedForm,
    encoderThread: InferenceThread,
    decoderThread: InferenceThread,
    own: Own,
  ): Promise<SizedModels> {
    const { encoder, decoder } = await this.prepared(form, own);
    if (decoder === undefined)
      throw new MaskletError('internal', `There is no decoder for ${form.size} pixels.`);
    const { threads } = this.options;
    const load = async (thread: InferenceThread, model: string, name: string): Promise<number> => {
      const loaded = await thread.request('load', { model, name, providers: ['cpu'], threads });
      return loaded.handle;
    };
    const [encoderHandle, decoderHandle] = await Promise.all([
      load(encoderThread, encoder, `image encoder at ${form.size}`),
      load(decoderThread, decoder, `mask decoder at ${form.size}`),
    ]);
    return { encoder: encoderHandle, decoder: decoderHandle };
  }

  private async loadFile(
    thread: InferenceThread,
    file: ModelFile,
    providers: readonly string[],
  ): Promise<LoadedModel> {
    const path = embeddedFile(file);
    await verifyModelFile(path, file);
    const { threads } = this.options;
    return thread.request('load', { model: path, name: file.name, providers, threads });
  }

  /** Small and made of operators that only the CPU provider has in full. */
  private loadMemory(thread: InferenceThread): Promise<LoadedModel> {
    const model = memoryReadoutModel({
      channels: featureChannels,
      topK: trackingDefaults.topK,
      patch: patchSize,
    });
    const { threads } = this.options;
    return thread.request('load', {
      model,
      name: 'memory read-out',
      providers: ['cpu'],
      threads,
    });
  }
}

const embeddedFile = (file: ModelFile): string =>
  locateModelFile(file, modelFolders(sam2TinyEmbedded, packageRoot()));

/**
 * Where a memory's cells lie on the grid of the frame now looked at, as if the object had moved from where it was
 * remembered to where it is expected; undefined where both are one grid.
 */
function placementOf(
  { view: then, centre }: EmbeddedMemory,
  { view: now }: EmbeddedFrame,
  expected: Point | undefined,
): Placement | undefined {
  const same = then.size === now.size && then.part.every((edge, i) => edge === now.part[i]);
  if (same && expected === undefined) return undefined;
  const along = (axis: 0 | 1, moved: number): Placement['x'] => {
    const [from, to] = [then.part[axis], then.part[axis + 2]];
    const cell = (now.part[axis + 2] - now.part[axis]) / featureGridOf(now.size);
    const step = (to - from) / featureGridOf(then.size) / cell;
    // Cells are placed by their centres.
    return { at: (from + moved - now.part[axis]) / cell + step / 2 - 0.5, step };
  };
  return {
    x: along(0, expected ? expected.x - centre.x : 0),
    y: along(1, expected ? expected.y - centre.y : 0),
  };
}
