import { createEmbeddedModel } from '../engine/embedded/model';
import type { VideoModel } from '../engine/videoModel';
import { MaskletError } from '../errors';
import type { KernelSettings, ModelState } from '../protocol';
import { catalogue, defaultModelId } from '../../models/catalogue';

/** The models of this kernel: each is made once and shared by all sessions that use it. */
export class Models {
  private readonly made = new Map<string, VideoModel>();

  constructor(
    private readonly settings: KernelSettings,
    private readonly onState: (state: ModelState) => void,
  ) {}

  /** The model with this id, not loaded yet. @throws MaskletError `model/unknown` */
  get(id: string = defaultModelId): VideoModel {
    const known = this.made.get(id);
    if (known) return known;
    if (!catalogue.some((entry) => entry.id === id)) {
      throw new MaskletError('model/unknown', `There is no model "${id}".`, {
        hint: `Known models: ${catalogue.map((entry) => entry.id).join(', ')}.`,
      });
    }
    const model = createEmbeddedModel({
      providers: this.settings.executionProviders,
      threads: this.settings.threads,
      onState: this.onState,
    });
    this.made.set(id, model);
    return model;
  }

  /** The state of the model last made, for `kernel/health`. */
  get state(): ModelState {
    return [...this.made.values()].at(-1)?.state ?? { id: defaultModelId, state: 'idle' };
  }

  /** Frees the memory of all models; each loads again when it is next needed. */
  async unload(): Promise<void> {
    await Promise.all([...this.made.values()].map((model) => model.dispose()));
  }
}
