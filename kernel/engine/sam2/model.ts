// kernel/engine/sam2/: the full SAM 2 and EdgeTAM.
import type { InstalledModel, ModelLibrary } from '../../../models/library';
import { maskSize } from '../../../models/sam2/config';
import type { Precision } from '../../../models/onnx/graph';
import { findBuilt, type BuiltModel } from '../../../models/sam2/build';
import type { GraphForm, GraphName } from '../../../models/sam2/graphs';
import { MaskletError } from '../../../shared/protocol/errors';
import { kernelScript } from '../../runtime/paths';
import type { PixelApi } from '../../pixels/api';
import type { Direction, VideoPoint, View } from '../../../shared/domain/annotations';
import type { FrameIndex } from '../../../shared/domain/video';
import type { ModelState } from '../../../shared/protocol/health';
import type { RgbFrame } from '../../video/api';
import { weighSharedMemory } from '../../workers/sharedMemory';
import { WorkerClient } from '../../workers/rpc';
import { answerGivenMasks, round4 } from '../givenMask';
import { imageMean, imageStd } from '../imageStatistics';
import { LoadedEngine, type Disposable, type Started } from '../loadedEngine';
import type { InferenceApi } from '../onnx/inferenceApi';
import { inferenceThread, watchAccelerator } from '../onnx/inferenceThread';
import type { LoadedModel } from '../onnx/sessions';
import { testGraph } from '../onnx/testGraph';
import type { ProviderChoice } from '../providers/choice';
import {
  providerPlanner,
  providersOf,
  type ProviderOptions,
  type ProviderPlan,
  type ProviderPlanner,
} from '../providers/planner';
import { mustShareThread, needsPlainAttention } from '../onnx/providerTraits';
import type { TrialWork } from '../providers/trialApi';
import { clicksTogether, toProposals } from '../proposals/proposals';
import { cropRle } from '../../masks/maskPart';
import { wholeFrame } from '../zoom/window';
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
} from '../videoModel';
import { nearestFrames, selectMemory } from './memoryBank';
import type { FrameFeatures, Remembered } from './steps';
import type { LoadedGraphs, Sam2Answer, Sam2Api, Sam2Question } from './workerApi';

export interface Sam2ModelOptions extends ProviderOptions {
  readonly library: ModelLibrary;
  readonly installed: InstalledModel;
  /** Does most of the work in float16 where a GPU does it and the results are right; default: true. */
  readonly halfPrecision?: boolean;
  /** Called at every change of `state`. */
  readonly onState?: (state: ModelState) => void;
}

/** As SAM 2 is trained (`max_cond_frames_in_attn` of its training configuration); bounds the work of a long clip. */
const maxConditioningFrames = 4;
const defaultObjectPointers = 16;

interface Sam2Frame extends EncodedFrame {
  readonly features: FrameFeatures;
}

interface Sam2Memory extends FrameMemory, Remembered {}

type InferenceThread = WorkerClient<InferenceApi & Sam2Api>;
/** Makes a part of the engine end with it. */
type Own = <T extends Disposable>(part: T) => T;

interface Engine {
  readonly built: BuiltModel;
  readonly encoderThread: InferenceThread;
  /** Memory attention takes as long as the encoder: what is clicked meanwhile is decoded in a thread of its own. */
  readonly memoryThread: InferenceThread;
  readonly decoderThread: InferenceThread;
  readonly pixelThread: WorkerClient<PixelApi>;
  readonly encoder: LoadedGraphs;
  readonly memory: LoadedGraphs;
  readonly decoder: LoadedGraphs;
  /** Objects in one run: an accelerator is faster so, a CPU is not. */
  readonly together: boolean;
  /** The same of clicks on one frame. */
  readonly clicksTogether: number;
}

/**
 * The full SAM 2 with its learned memory, from a checkpoint of the library. A frame is remembered by its stored mask,
 * as SAM 2 remembers a frame whose mask was given: so a run that was killed goes on to the same bytes, and corrections
 * of any kind count alike.
 */
export function createSam2Model(options: Sam2ModelOptions): VideoModel {
  return new Sam2VideoModel(options);
}

class Sam2VideoModel implements VideoModel<Sam2Frame, Sam2Memory> {
  readonly id: string;
  readonly sha256: string;
  /** Object pointers look back furthest. */
  readonly memoryWindow: number;
  private readonly loaded: LoadedEngine<Engine>;
  private readonly planner: ProviderPlanner;

  constructor(private readonly options: Sam2ModelOptions) {
    const { installed, onState } = options;
    this.id = installed.id;
    this.sha256 = installed.sha256;
    this.memoryWindow = (installed.hints?.maxObjectPointers ?? defaultObjectPointers) - 1;
    this.planner = providerPlanner({
      ...options,
      folder: options.library.graphFolderOf(this.id),
      model: this.sha256,
      halfPrecision: options.halfPrecision ?? true,
      cpuPrecision: () => 'float32',
      work: (provider) => this.trialWork(provider),
    });
    const start = (own: Own, plan: ProviderPlan): Promise<Started<Engine>> => this.start(own, plan);
    this.loaded = new LoadedEngine(this.id, start, this.planner, onState);
  }

  get state(): ModelState {
    return this.loaded.state;
  }

  async load(signal?: AbortSignal): Promise<void> {
    await this.loaded.ready(signal);
  }

  async encode(image: RgbFrame, wanted: Partial<View> = {}, signal?: AbortSignal): Promise<Sam2Frame> {
    return this.loaded.use(signal, async ({ built, pixelThread, encoderThread, encoder }) => {
      const { data, width, height } = image;
      const size = built.config.imageSize;
      const part = wanted.part ?? wholeFrame(image);
      const input = await pixelThread.request(
        'preprocess',
        { data, width, height, part, size, mean: imageMean, std: imageStd },
        { signal },
      );
      const { features, ms } = await encoderThread.request(
        'sam2Encode',
        { model: encoder, image: input.tensor },
        { signal, transfer: [input.tensor.buffer as ArrayBuffer] },
      );
      const arrays = [features.highRes0, features.highRes1, features.imageEmbed];
      weighSharedMemory(...arrays);
      const frame: Sam2Frame = {
        frame: image.index,
        view: { part, size },
        width,
        height,
        bytes: arrays.reduce((sum, array) => sum + array.byteLength, 0),
        timings: { preprocessMs: input.ms, encodeMs: ms },
        features,
      };
      return frame;
    });
  }

  async predict(
    frame: Sam2Frame,
    prompts: readonly ObjectPrompt[],
    signal?: AbortSignal,
  ): Promise<{ predictions: Prediction[]; stages: StageMs }> {
    const { predictions, asked } = answerGivenMasks(prompts);
    const stages: StageMs = { memoryReadMs: 0, maskDecodeMs: 0, postProcessMs: 0 };
    if (asked.length === 0) return { predictions, stages };
    return this.loaded.use(signal, async (engine) => {
      const questions = asked.map((i) => toQuestion(prompts[i], frame));
      const { answers, ms } = await engine.decoderThread.request(
        'sam2Predict',
        { model: engine.decoder, frame: frame.features, questions },
        { signal },
      );
      stages.maskDecodeMs = ms;
      const found = await toPredictions(engine, frame, answers, stages, signal);
      asked.forEach((prompt, i) => (predictions[prompt] = found[i]));
      return { predictions, stages };
    });
  }

  async propose(
    frame: Sam2Frame,
    points: readonly VideoPoint[],
    signal?: AbortSignal,
  ): Promise<{ proposals: Proposed[]; stages: StageMs }> {
    const inSquare = points.map(([x, y]) => inSquareOf(frame.view, x, y));
    return this.loaded.use(signal, async (engine) => {
      const { readings, ms } = await engine.decoderThread.request(
        'sam2Propose',
        { model: engine.decoder, frame: frame.features, points: inSquare, batch: engine.clicksTogether },
        { signal },
      );
      const { width, height, view } = frame;
      const logits = readings.map((reading) => reading.logits);
      const found = await engine.pixelThread.request(
        'postprocess',
        { logits, size: maskSize(engine.built.config), width, height, part: view.part },
        { signal, transfer: logits.map((map) => map.buffer as ArrayBuffer) },
      );
      const stages: StageMs = { memoryReadMs: 0, maskDecodeMs: ms, postProcessMs: found.ms };
      return { proposals: toProposals(points, readings, found.masks), stages };
    });
  }

  selectMemory(
    frame: FrameIndex,
    direction: Direction,
    conditioning: readonly FrameIndex[],
    passed: readonly StoredMask[],
  ): MemorySelection {
    const distance = (other: FrameIndex): number => (direction === 'forward' ? frame - other : other - frame);
    const nearest = (a: FrameIndex, b: FrameIndex): number => distance(a) - distance(b);
    const selected = nearestFrames(
      frame,
      conditioning.filter((other) => other !== frame),
      maxConditioningFrames,
    );
    // What was not selected is looked at as any other frame; absences are remembered too.
    const others = new Set([...passed.map((stored) => stored.frame), ...conditioning]);
    const recent = [...others].filter(
      (other) => !selected.includes(other) && distance(other) >= 1 && distance(other) <= this.memoryWindow,
    );
    return { conditioning: selected.sort(nearest), recent: recent.sort(nearest) };
  }

  async remember(encoded: Sam2Frame, stored: StoredMask): Promise<Sam2Memory> {
    const { frame, features } = encoded;
    return this.loaded.use(undefined, async ({ memoryThread, memory: model }) => {
      const remembered = await memoryThread.request('sam2Remember', {
        model,
        frame: features,
        mask: stored.mask,
      });
      weighSharedMemory(remembered.memory, remembered.pointer);
      const bytes = remembered.memory.byteLength + remembered.pointer.byteLength;
      const memory: Sam2Memory = { ...remembered, frame, bytes };
      return memory;
    });
  }

  async track(
    frame: Sam2Frame,
    direction: Direction,
    objects: readonly TrackRequest<Sam2Memory>[],
    signal?: AbortSignal,
  ): Promise<{ predictions: Prediction[]; stages: StageMs }> {
    return this.loaded.use(signal, async (engine) => {
      const selections = objects.map(({ memories }) => {
        const of = (conditioning: boolean): Map<FrameIndex, Remembered> =>
          new Map(
            memories
              .filter((entry) => entry.conditioning === conditioning)
              .map(({ memory }) => [memory.frame, memory]),
          );
        // Distances count from the longest there can be, whatever the clip's length.
        const selection = selectMemory(
          engine.built.config,
          frame.frame,
          direction === 'backward',
          Infinity,
          of(true),
          of(false),
          { maxConditioningFrames: 0 },
        );
        if (selection.memories.length === 0) {
          throw new MaskletError('internal', `Nothing is remembered for frame ${frame.frame}.`);
        }
        return selection;
      });
      const { answers, memoryReadMs, maskDecodeMs } = await engine.memoryThread.request(
        'sam2Track',
        { model: engine.memory, frame: frame.features, selections, together: engine.together },
        { signal },
      );
      const stages: StageMs = { memoryReadMs, maskDecodeMs, postProcessMs: 0 };
      const predictions = await toPredictions(engine, frame, answers, stages, signal);
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

  private async start(own: Own, plan: ProviderPlan): Promise<Started<Engine>> {
    const thread = (name: string): InferenceThread => own(inferenceThread(name, this.options));
    const encoderThread = thread('encoder');
    const shares = plan.providers.some(mustShareThread);
    const memoryThread = shares ? encoderThread : thread('memory');
    const decoderThread = thread('decoder');
    const pixelThread = own(new WorkerClient<PixelApi>(kernelScript('pixelWorker'), {}, 'pixels'));
    const precision = plan.precision ?? (await this.precisionOn(encoderThread, plan.providers));
    const plainAttention = plan.providers.some(needsPlainAttention);
    const built = await this.build(encoderThread, { precision, plainAttention });
    const onCpu = await this.build(encoderThread);
    const load = (
      into: InferenceThread,
      names: readonly GraphName[],
      by = plan,
    ): ReturnType<typeof this.loadGraphs> => this.loadGraphs(into, built, onCpu, names, by);
    const [encoder, memory, decoder] = await Promise.all([
      load(encoderThread, ['image_encoder']),
      load(memoryThread, ['memory_attention', 'memory_encoder', 'mask_decoder', 'mask_prompt']),
      // A click is decoded by the CPU, in a fraction of a second, whatever the accelerator is at.
      load(
        decoderThread,
        ['mask_decoder', 'mask_prompt'],
        plan.tried || shares ? { providers: ['cpu'] } : plan,
      ),
    ]);
    watchAccelerator(encoderThread, encoder.loaded.provider, this.options);
    watchAccelerator(memoryThread, memory.loaded.provider, this.options);
    watchAccelerator(decoderThread, decoder.loaded.provider, this.options);
    const fallback = encoder.loaded.fallback ?? memory.loaded.fallback ?? decoder.loaded.fallback;
    const engine: Engine = {
      built,
      encoderThread,
      memoryThread,
      decoderThread,
      pixelThread,
      encoder: encoder.graphs,
      memory: memory.graphs,
      decoder: decoder.graphs,
      together: memory.loaded.provider !== 'cpu',
      clicksTogether: clicksTogether(decoder.loaded.provider),
    };
    const provider =
      [encoder, memory].map((part) => part.loaded.provider).find((name) => name !== 'cpu') ?? 'cpu';
    return { engine, provider, ...(fallback ? { fallback } : {}) };
  }

  /** By default in the form for the CPU. */
  private async build(thread: InferenceThread, form: GraphForm = {}): Promise<BuiltModel> {
    const { library, installed } = this.options;
    const { sha256, hints } = installed;
    const options = {
      cacheFolder: library.graphFolderOf(this.id),
      sha256,
      ...form,
      ...(hints ? { hints } : {}),
    };
    const built = await findBuilt(options);
    if (built) return built;
    // Read whole once; later, onnxruntime notices where the file became shorter.
    await library.verify(this.id);
    return thread.request('sam2Build', { checkpoint: library.checkpointOf(this.id), options });
  }

  private async trialWork(provider: string): Promise<TrialWork> {
    const { halfPrecision = true } = this.options;
    const thread: InferenceThread = inferenceThread('build', this.options);
    try {
      const plainAttention = needsPlainAttention(provider);
      const { config, graphs: reference } = await this.build(thread);
      const { graphs: float32 } = await this.build(thread, { plainAttention });
      const graphs = halfPrecision
        ? { float32, float16: (await this.build(thread, { plainAttention, precision: 'float16' })).graphs }
        : { float32 };
      return { workload: { kind: 'sam2', config }, graphs, reference };
    } finally {
      await thread.dispose();
    }
  }

  /** In a given order, float16 where CUDA really works: a CPU computes in float32 anyway. */
  private async precisionOn(thread: InferenceThread, providers: readonly string[]): Promise<Precision> {
    const { halfPrecision = true } = this.options;
    if (!halfPrecision || !providers.includes('cuda')) return 'float32';
    const { handle, provider } = await thread.request('load', { ...testGraph(), providers, threads: 1 });
    await thread.request('release', { handle });
    return provider === 'cuda' ? 'float16' : 'float32';
  }

  /** @returns the graphs, and how the first of them, which does most of the thread's work, was loaded. */
  private async loadGraphs(
    thread: InferenceThread,
    { config, graphs }: BuiltModel,
    onCpu: BuiltModel,
    names: readonly GraphName[],
    plan: ProviderPlan,
  ): Promise<{ graphs: LoadedGraphs; loaded: LoadedModel }> {
    const { threads } = this.options;
    const handles: Partial<Record<GraphName, number>> = {};
    const loaded: LoadedModel[] = [];
    for (const name of names) {
      const model = await thread.request('load', {
        model: graphs[name],
        cpuModel: onCpu.graphs[name],
        name: `${this.id}/${name}`,
        providers: providersOf(plan, name),
        threads,
      });
      handles[name] = model.handle;
      loaded.push(model);
    }
    return { graphs: { config, handles }, loaded: loaded[0] };
  }
}

/** A point of the video in the model's square. The model adds half a pixel to reach a pixel's centre; ours are there already. */
function inSquareOf({ part, size }: View, x: number, y: number): VideoPoint {
  const [left, top, right, bottom] = part;
  return [((x - left) / (right - left)) * size - 0.5, ((y - top) / (bottom - top)) * size - 0.5];
}

/** A prompt in video pixels as the model takes it, a box first. */
function toQuestion({ points, box, previous, mask }: ObjectPrompt, { view }: EncodedFrame): Sam2Question {
  const at = (x: number, y: number): VideoPoint => inSquareOf(view, x, y);
  const coordinates = [
    ...(box ? [...at(box[0], box[1]), ...at(box[2], box[3])] : []),
    ...points.flatMap(({ x, y }) => at(x, y)),
  ];
  const labels = [...(box ? [2, 3] : []), ...points.map(({ label }) => label)];
  if (labels.length === 0) {
    throw new MaskletError('prompt/invalid', 'The prompt has no point and no box.', {
      hint: 'Click the object or draw a box around it.',
    });
  }
  const corrected = previous ?? mask;
  return {
    prompt: { coordinates, labels },
    ...(corrected ? { previous: cropRle(corrected, view.part) } : {}),
  };
}

/** Answers as masks in video pixels; counts the time in `stages`. */
async function toPredictions(
  { built, pixelThread }: Engine,
  { width, height, view: { part } }: EncodedFrame,
  answers: readonly Sam2Answer[],
  stages: StageMs,
  signal: AbortSignal | undefined,
): Promise<Prediction[]> {
  const { masks, ms } = await pixelThread.request(
    'postprocess',
    { logits: answers.map(({ logits }) => logits), size: maskSize(built.config), width, height, part },
    { signal, transfer: answers.map(({ logits }) => logits.buffer as ArrayBuffer) },
  );
  stages.postProcessMs += ms;
  return masks.map((shape, i) => ({
    ...shape,
    iou: round4(answers[i].iou),
    objectScore: round4(1 / (1 + Math.exp(-answers[i].objectScore))),
    present: shape.area > 0,
  }));
}
