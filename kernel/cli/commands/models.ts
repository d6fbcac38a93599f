import { readConfigHints } from '../../../models/configHints';
import { defaultModelFolder, ModelLibrary, type InstalledModel } from '../../../models/library';
import { fromModelError } from '../../engine/modelErrors';
import { CancelledError } from '../../../shared/protocol/errors';
import { listModels as listAll } from '../../session/installedModels';
import { printResult } from '../output';
import { progressBar } from '../progressBar';
import { interruptible } from '../withKernel';

interface ModelOptions {
  readonly json?: boolean;
  readonly modelDir?: string;
}

/** `masklet models list` */
export function listModels(options: ModelOptions): void {
  const models = listAll(library(options));
  printResult(options.json ?? false, models, () => {
    const width = Math.max(...models.map(({ id }) => id.length));
    return models
      .map((model) => {
        const size = `${Math.ceil(model.bytes / 1e6)} MB`;
        return `${model.installed ? '*' : ' '} ${model.id.padEnd(width)}  ${size.padStart(7)}  ${model.title}`;
      })
      .concat('', '* on this machine; the others: masklet models download <id>')
      .join('\n');
  });
}

/** `masklet models download <id>` */
export async function downloadModel(id: string, options: ModelOptions): Promise<void> {
  const models = library(options);
  const total = models.list().find((model) => model.id === id)?.bytes ?? 0;
  const bar = progressBar({ label: `downloading ${id}`, unit: 'MB' });
  const model = await run((signal) =>
    models
      .download(id, {
        signal,
        onProgress: (bytes) => bar.update(Math.floor(bytes / 1e6), Math.floor(total / 1e6)),
      })
      .finally(() => bar.done()),
  );
  done(options, model, `${model.id} is ready.`);
}

/** `masklet models import <file>` */
export async function importModel(
  file: string,
  options: ModelOptions & { readonly id?: string; readonly config?: string },
): Promise<void> {
  const { id, config } = options;
  const model = await run(async (signal) => {
    const hints = config === undefined ? undefined : await readConfigHints(config);
    return await library(options).import(file, { id, hints, signal });
  });
  done(options, model, `${model.title} is ready as ${model.id}.`);
}

/** `masklet models verify <id>` */
export async function verifyModel(id: string, options: ModelOptions): Promise<void> {
  const model = await run((signal) => library(options).verify(id, signal));
  done(options, model, `${id}: SHA-256 ${model.sha256} is correct.`);
}

/** `masklet models remove <id>` */
export async function removeModel(id: string, options: ModelOptions): Promise<void> {
  await run(() => library(options).remove(id));
  printResult(options.json ?? false, { removed: id }, () => `${id} is removed.`);
}

function library({ modelDir }: ModelOptions): ModelLibrary {
  return new ModelLibrary(modelDir ?? defaultModelFolder());
}

function run<T>(task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return interruptible(async (signal) => {
    try {
      return await task(signal);
    } catch (error) {
      throw signal.aborted ? new CancelledError() : fromModelError(error);
    }
  });
}

function done({ json }: ModelOptions, model: InstalledModel, text: string): void {
  printResult(json ?? false, model, () => text);
}
