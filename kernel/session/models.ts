import { catalogue, defaultModelId } from '../../models/catalogue';
import { defaultModelFolder, ModelLibrary, type InstalledModel } from '../../models/library';
import { findCudaRuntime } from '../engine/onnx/cudaRuntime';
import { createEmbeddedModel } from '../engine/embedded/model';
import { fromModelError } from '../engine/modelErrors';
import { automatic } from '../engine/onnx/providerTraits';
import { createSam2Model } from '../engine/sam2/model';
import type { VideoModel } from '../engine/videoModel';
import { MaskletError } from '../../shared/protocol/errors';
import type { KernelSettings } from '../../shared/protocol/settings';
import type { ModelState, ProvidersResult } from '../../shared/protocol/health';
import type { ModelRecommendation } from '../../shared/protocol/models';
import { InstalledModels } from './installedModels';
import { recommendModel } from './recommendation';

/** The models of this kernel: each is made once and shared by all sessions that use it. */
export class Models {
  private readonly made = new Map<string, VideoModel>();
  private latest: VideoModel | undefined;
  private recommended: ModelRecommendation | null | undefined;
  private readonly library: ModelLibrary;
  /** Those on this machine, and those to be had. */
  readonly installed: InstalledModels;

  constructor(
    private readonly settings: KernelSettings,
    private readonly onState: (state: ModelState) => void,
  ) {
    this.library = new ModelLibrary(settings.modelDir ?? defaultModelFolder());
    this.installed = new InstalledModels(this.library);
  }

  /**
   * The model with this id, not loaded yet.
   * @throws MaskletError `model/unknown`; `model/missing` until it is downloaded; `model/corrupted` where its file is not whole
   */
  get(id: string = defaultModelId): VideoModel {
    const model = this.made.get(id) ?? this.make(id);
    this.made.set(id, model);
    this.latest = model;
    return model;
  }

  /** Times the execution providers with a model's graphs, although it is known which is best. @throws MaskletError */
  async tryProviders(id: string | undefined, signal: AbortSignal): Promise<ProvidersResult> {
    const model = this.get(id);
    const { machine, tried } = await model.tryProviders(signal);
    const { processor, cores, driver, onnxruntime } = machine;
    return { model: model.id, machine: `${cores} x ${processor}`, driver, onnxruntime, tried };
  }

  /** Found out once. */
  async recommend(signal: AbortSignal): Promise<ModelRecommendation | null> {
    this.recommended ??= (await recommendModel(this.settings, signal)) ?? null;
    return this.recommended;
  }

  /** The state of the model last asked for, for `kernel/health`. */
  get state(): ModelState {
    return this.latest?.state ?? { id: defaultModelId, state: 'idle' };
  }

  /** Forgets a model that no session has any more, and deletes it. */
  async remove(id: string): Promise<void> {
    const model = this.made.get(id);
    this.made.delete(id);
    if (this.latest === model) this.latest = undefined;
    await model?.dispose();
    await this.installed.remove(id);
  }

  /** Frees the memory of all models but those in `except`; each loads again when it is next needed. */
  async unload(except: ReadonlySet<VideoModel> = new Set()): Promise<void> {
    const unused = [...this.made.values()].filter((model) => !except.has(model));
    await Promise.all(unused.map((model) => model.dispose()));
  }

  private make(id: string): VideoModel {
    const { executionProviders: providers, threads, cudaDir, halfPrecision } = this.settings;
    const mayUseCuda = providers.includes('cuda') || providers.includes(automatic);
    const cudaRuntime = mayUseCuda ? findCudaRuntime(cudaDir) : undefined;
    const options = { providers, threads, onState: this.onState, ...(cudaRuntime ? { cudaRuntime } : {}) };
    const { library } = this;
    if (catalogue.some((entry) => entry.id === id)) {
      const { encoderPrecision: precision, zoom = precision !== 'original' } = this.settings;
      return createEmbeddedModel({ ...options, cacheFolder: library.graphFolderOf(id), precision, zoom });
    }
    if (library.find(id) || library.isPublished(id))
      return createSam2Model({ ...options, halfPrecision, library, installed: usable(library, id) });
    const ids = [...catalogue.map((entry) => entry.id), ...library.ids()];
    throw new MaskletError('model/unknown', `There is no model "${id}".`, {
      hint: `Known models: ${ids.join(', ')}.`,
    });
  }
}

function usable(library: ModelLibrary, id: string): InstalledModel {
  try {
    return library.usable(id);
  } catch (error) {
    throw fromModelError(error);
  }
}
