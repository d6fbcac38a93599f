// models/: models on this machine: published, imported, verified.
import { randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { makeFolder } from './files/makeFolder';
import { MAX_BYTES, listFolder, readRegularSync } from './files/regularFile';
import { checkpointModels, type CheckpointModelSpec } from './catalogue';
import { readCheckpoint } from './checkpoint/readCheckpoint';
import { download, type DownloadOptions } from './download';
import { hashOf } from './hashFile';
import { linkOrCopy } from './linkOrCopy';
import { ModelFileError } from './modelFileError';
import { recognise, type ConfigHints, type RecognisedModel } from './sam2/recognise';
import { verifyModelFile } from './verify';

/** A full SAM 2 model, or EdgeTAM, whose checkpoint is on this machine. */
export interface InstalledModel {
  readonly id: string;
  readonly title: string;
  readonly bytes: number;
  readonly sha256: string;
  /** What the checkpoint does not tell of itself. */
  readonly hints?: ConfigHints;
}

export interface ListedModel {
  readonly id: string;
  readonly title: string;
  readonly bytes: number;
  readonly installed: boolean;
  readonly source: 'published' | 'imported';
  readonly speed?: CheckpointModelSpec['speed'];
  readonly license?: string;
}

const releaseTitles: Readonly<Record<RecognisedModel['release'], string>> = {
  sam2: 'SAM 2',
  'sam2.1': 'SAM 2.1',
  edgetam: 'EdgeTAM',
};
const entryName = 'entry.json';
const checkpointName = 'checkpoint.pt';
const graphFolderName = 'graphs';

/** Masklet's part of the user's cache folder, as each system has it. */
export function defaultCacheFolder(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const cache =
    platform === 'win32'
      ? (environment.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'))
      : platform === 'darwin'
        ? join(homedir(), 'Library', 'Caches')
        : environment.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(cache, 'masklet');
}

/** Where models are kept unless a setting says otherwise. */
export function defaultModelFolder(...system: Parameters<typeof defaultCacheFolder>): string {
  return join(defaultCacheFolder(...system), 'models');
}

/** The downloaded and imported models of one folder, each in a folder of its own named by its id. */
export class ModelLibrary {
  constructor(
    readonly folder: string,
    private readonly published: readonly CheckpointModelSpec[] = checkpointModels,
  ) {}

  /** Published models first, in their order, then imported ones. */
  list(): ListedModel[] {
    const names = existsSync(this.folder) ? listFolder(this.folder).map(({ name }) => name) : [];
    const here = names.sort().flatMap((name) => this.find(name) ?? []);
    const imported = here.filter(({ id }) => !this.published.some((model) => model.id === id));
    return [
      ...this.published.map(({ id, title, bytes, speed, license }) => ({
        id,
        title,
        bytes,
        installed: here.some((model) => model.id === id && this.lengthOf(id) === model.bytes),
        source: 'published' as const,
        speed,
        license,
      })),
      ...imported.map(({ id, title, bytes }) => ({
        id,
        title,
        bytes,
        installed: true,
        source: 'imported' as const,
      })),
    ];
  }

  /** The ids that could be used, here or after a download. */
  ids(): string[] {
    return this.list().map(({ id }) => id);
  }

  isPublished(id: string): boolean {
    return this.published.some((model) => model.id === id);
  }

  /** A model that was downloaded or imported. */
  find(id: string): InstalledModel | undefined {
    if (!isId(id)) return undefined;
    try {
      const bytes = readRegularSync(join(this.folder, id, entryName), MAX_BYTES.small);
      return JSON.parse(bytes.toString('utf8')) as InstalledModel;
    } catch {
      return undefined;
    }
  }

  /** A model that is here, with its file in full length. @throws ModelFileError `unknown`, `missing`, `corrupted` */
  usable(id: string): InstalledModel {
    const model = this.find(id);
    if (!model) throw this.unknown(id);
    const length = this.lengthOf(id);
    if (length === model.bytes) return model;
    const path = this.checkpointOf(id);
    throw new ModelFileError(
      'corrupted',
      path,
      length === undefined
        ? `The file of the model ${id}, ${path}, is missing.`
        : `The file of the model ${id}, ${path}, has ${length} bytes instead of ${model.bytes}.`,
      this.mending(id),
    );
  }

  checkpointOf(id: string): string {
    return join(this.folder, id, checkpointName);
  }

  /** Where the graphs of a model are kept. */
  graphFolderOf(id: string): string {
    return join(this.folder, id, graphFolderName);
  }

  /** Fetches a published model; where it is here already and whole, only reads it. @throws ModelFileError */
  async download(id: string, options: DownloadOptions = {}): Promise<InstalledModel> {
    const known = await this.intact(id, options.signal);
    if (known) return known;
    const spec = this.published.find((model) => model.id === id);
    if (!spec) throw this.unknown(id);
    await download(spec, this.checkpointOf(id), options);
    return this.enter({ id, title: spec.title, bytes: spec.bytes, sha256: spec.sha256 });
  }

  /**
   * Takes a checkpoint that is already on this machine: linked, or copied across file systems. One of the published
   * files gets its published id, however it came here.
   * @throws ModelFileError where it is neither SAM 2 nor EdgeTAM, or the id is taken.
   */
  async import(
    file: string,
    options: {
      readonly id?: string | undefined;
      readonly hints?: ConfigHints | undefined;
      readonly signal?: AbortSignal;
    } = {},
  ): Promise<InstalledModel> {
    const { hints, signal } = options;
    const { release, size } = recognise(await readCheckpoint(file), hints);
    const sha256 = (await hashOf(file, signal)).digest('hex');
    const { size: bytes } = await stat(file);
    const spec = this.published.find((model) => model.sha256 === sha256);
    const id = spec?.id ?? options.id ?? this.freeId(idFrom(file), sha256);
    const known = this.find(id)?.sha256 === sha256 ? await this.intact(id, signal) : undefined;
    if (known) return known;
    const taken = this.find(id);
    if (!isId(id) || taken || (!spec && this.isPublished(id))) {
      throw new ModelFileError(
        'unsupported',
        file,
        isId(id) ? `There is a model "${id}" already.` : `"${id}" cannot be a model's id.`,
        'Give it another id with --id: letters, digits, ".", "_" and "-".',
      );
    }
    const kind = `${releaseTitles[release]}${size ? ` ${size}` : ''}`;
    makeFolder(join(this.folder, id));
    await rm(this.checkpointOf(id), { force: true });
    await linkOrCopy(file, this.checkpointOf(id));
    const title = spec?.title ?? `${basename(file)} (${kind}, imported)`;
    return this.enter({ id, title, bytes, sha256, ...(hints ? { hints } : {}) });
  }

  /** Reads a model's file again. @throws ModelFileError `corrupted` where it changed. */
  async verify(id: string, signal?: AbortSignal): Promise<InstalledModel> {
    const model = this.find(id);
    if (!model) throw this.unknown(id);
    const path = this.checkpointOf(id);
    await verifyModelFile(path, { name: id, bytes: model.bytes, sha256: model.sha256 }, signal).catch(
      (error: unknown) => {
        if (!(error instanceof ModelFileError)) throw error;
        throw new ModelFileError(error.problem, path, error.message, this.mending(id), error);
      },
    );
    return model;
  }

  /** The model where its file is what it was; what is left of one that is damaged goes, so that it can come anew. */
  private async intact(id: string, signal?: AbortSignal): Promise<InstalledModel | undefined> {
    if (!this.find(id)) return undefined;
    try {
      return await this.verify(id, signal);
    } catch (error) {
      if (!(error instanceof ModelFileError)) throw error;
      // The graphs share the file.
      for (const name of [entryName, checkpointName, graphFolderName])
        await rm(join(this.folder, id, name), { recursive: true, force: true });
      return undefined;
    }
  }

  private lengthOf(id: string): number | undefined {
    return statSync(this.checkpointOf(id), { throwIfNoEntry: false })?.size;
  }

  private mending(id: string): string {
    return this.isPublished(id)
      ? `Download it again: "masklet models download ${id}".`
      : `Import its checkpoint again: "masklet models import FILE".`;
  }

  /** Deletes a model, or what an unfinished download left of it. */
  async remove(id: string): Promise<void> {
    const there = isId(id) && (await stat(join(this.folder, id)).catch(() => undefined));
    if (!there) throw this.unknown(id);
    await rm(join(this.folder, id), { recursive: true });
  }

  /** `id`, or with a number where another model has it. */
  private freeId(id: string, sha256: string): string {
    const isFree = (candidate: string): boolean => {
      const taken = this.find(candidate);
      return taken ? taken.sha256 === sha256 : !this.isPublished(candidate);
    };
    for (let n = 1; ; n++) {
      const candidate = n === 1 ? id : `${id}-${n}`;
      if (isFree(candidate)) return candidate;
    }
  }

  /** An error that names what there is instead of `id`. */
  unknown(id: string): ModelFileError {
    return this.isPublished(id)
      ? new ModelFileError(
          'missing',
          id,
          `The model ${id} is not on this machine.`,
          `Run "masklet models download ${id}".`,
        )
      : new ModelFileError(
          'unknown',
          id,
          `There is no model "${id}".`,
          `Known models: ${this.ids().join(', ')}.`,
        );
  }

  /** Written last, so that an entry always has its checkpoint. */
  private async enter(model: InstalledModel): Promise<InstalledModel> {
    const path = join(this.folder, model.id, entryName);
    const draft = `${path}.${randomBytes(4).toString('hex')}`;
    await writeFile(draft, JSON.stringify(model, null, 2));
    await rename(draft, path);
    return model;
  }
}

/** Ids are folder names. */
const isId = (id: string): boolean => /^[\w][\w.-]{0,63}$/.test(id);

function idFrom(file: string): string {
  return basename(file)
    .replace(/\.(pt|pth|safetensors)$/i, '')
    .replace(/[^\w.-]+/g, '-')
    .slice(0, 64);
}
