import { catalogue } from '../../models/catalogue';
import { readConfigHints } from '../../models/configHints';
import type { ModelLibrary } from '../../models/library';
import { fromModelError } from '../engine/modelErrors';
import { CancelledError, MaskletError } from '../../shared/protocol/errors';
import type { DownloadProgress, ImportModelParams, ModelInfo } from '../../shared/protocol/models';

/** How often progress is told, at most. */
const PROGRESS_MS = 100;

/** Built-in models first, then what the library lists. */
export function listModels(library: ModelLibrary): ModelInfo[] {
  return [
    ...catalogue.map(({ id, title, license, encoder, decoder }) => ({
      id,
      title,
      license,
      bytes: encoder.bytes + decoder.bytes,
      installed: true,
      source: 'built-in' as const,
      speed: 'fast' as const,
    })),
    ...library.list(),
  ];
}

/** What a client may do with the models of this machine. All errors are the project's own. */
export class InstalledModels {
  private readonly downloading = new Set<string>();

  constructor(private readonly library: ModelLibrary) {}

  list(): ModelInfo[] {
    return listModels(this.library);
  }

  /** @throws MaskletError `model/busy` where this kernel is fetching it already, and as `models/download` says. */
  async download(
    id: string,
    signal: AbortSignal,
    onProgress: (progress: DownloadProgress) => void,
  ): Promise<ModelInfo> {
    this.requireIdle(id);
    const total = this.list().find((model) => model.id === id)?.bytes ?? 0;
    let told = 0;
    this.downloading.add(id);
    try {
      await this.own(signal, () =>
        this.library.download(id, {
          signal,
          onProgress: (bytes) => {
            if (performance.now() - told < PROGRESS_MS && bytes < total) return;
            told = performance.now();
            onProgress({ bytes, total });
          },
        }),
      );
    } finally {
      this.downloading.delete(id);
    }
    return this.info(id);
  }

  async import({ path, id, config }: ImportModelParams, signal: AbortSignal): Promise<ModelInfo> {
    const { id: given } = await this.own(signal, async () => {
      const hints = config === undefined ? undefined : await readConfigHints(config);
      return await this.library.import(path, {
        signal,
        ...(id === undefined ? {} : { id }),
        ...(hints ? { hints } : {}),
      });
    });
    return this.info(given);
  }

  async remove(id: string): Promise<void> {
    this.requireIdle(id);
    await this.own(undefined, () => this.library.remove(id));
  }

  private requireIdle(id: string): void {
    if (!this.downloading.has(id)) return;
    throw new MaskletError('model/busy', `${id} is being downloaded.`, {
      hint: 'Wait for it, or cancel it first.',
    });
  }

  private info(id: string): ModelInfo {
    const model = this.list().find((candidate) => candidate.id === id);
    if (!model) throw new MaskletError('internal', `The model ${id} was removed.`);
    return model;
  }

  private async own<T>(signal: AbortSignal | undefined, task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (error) {
      throw signal?.aborted ? new CancelledError() : fromModelError(error);
    }
  }
}
