import { readFile } from 'node:fs/promises';
import { catalogue } from '../../../models/catalogue';
import { defaultModelFolder, ModelLibrary, type InstalledModel } from '../../../models/library';
import type { ConfigHints } from '../../../models/sam2/recognise';
import { fromModelError } from '../../engine/modelErrors';
import { CancelledError } from '../../errors';
import { printResult, usageError } from '../output';
import { progressBar } from '../progressBar';
import { interruptible } from '../withKernel';

interface ModelOptions {
  readonly json?: boolean;
  readonly modelDir?: string;
}

/** `masklet models list` */
export function listModels(options: ModelOptions): void {
  const models = [
    ...catalogue.map(({ id, title, license }) => ({
      id,
      title,
      license,
      installed: true,
      source: 'built in',
    })),
    ...library(options).list(),
  ];
  printResult(options.json ?? false, models, () => {
    const width = Math.max(...models.map(({ id }) => id.length));
    return models
      .map((model) => {
        const size = 'bytes' in model ? `${Math.ceil(model.bytes / 1e6)} MB` : '';
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
  const hints = options.config === undefined ? undefined : await readHints(options.config);
  const model = await run((signal) => library(options).import(file, { id: options.id, hints, signal }));
  done(options, model, `${model.title} is ready as ${model.id}.`);
}

/** `masklet models verify <id>` */
export async function verifyModel(id: string, options: ModelOptions): Promise<void> {
  const model = await run((signal) => library(options).verify(id, signal));
  done(options, model, `${id}: SHA-256 ${model.sha256} as it should be.`);
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

/** Hyper-parameters in a JSON file, by the names of `ConfigHints`. */
async function readHints(file: string): Promise<ConfigHints> {
  const hint =
    'It holds for example {"imageSize": 512, "trunk": {"numHeads": 1, "globalBlocks": [4], "windows": [8, 4, 14, 7]}}.';
  const text = await readFile(file, 'utf8').catch(() => {
    throw usageError(`The configuration ${file} cannot be read.`, hint);
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw usageError(`The configuration ${file} is no JSON.`, hint);
  }
  if (!isHints(value)) throw usageError(`The configuration ${file} is not of the expected form.`, hint);
  return value;
}

function isHints(value: unknown): value is ConfigHints {
  if (typeof value !== 'object' || value === null) return false;
  const { imageSize, maxObjectPointers, trunk = {} } = value as Record<string, unknown>;
  const { numHeads, globalBlocks, windows } = trunk as Record<string, unknown>;
  const count = (x: unknown): boolean => x === undefined || (Number.isInteger(x) && (x as number) > 0);
  const counts = (x: unknown): boolean =>
    x === undefined || (Array.isArray(x) && x.every((n) => Number.isInteger(n) && n >= 0));
  return [imageSize, maxObjectPointers, numHeads].every(count) && [globalBlocks, windows].every(counts);
}
