// models/sam2/: SAM 2 and EdgeTAM as ONNX graphs, from a checkpoint.
import { createHash } from 'node:crypto';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_BYTES, openRegular, readRegular } from '../files/regularFile';
import { readCheckpoint } from '../checkpoint/readCheckpoint';
import { readFloats, type Checkpoint } from '../checkpoint/tensor';
import { floatsToHalves } from '../onnx/float16';
import type { Sam2Config } from './config';
import { buildGraph, builderVersion, graphNames, type GraphForm, type GraphName } from './graphs';
import { recognise, type ConfigHints, type RecognisedModel } from './recognise';
import { linkOrCopy } from '../linkOrCopy';
import { makeWholeFolder } from '../wholeFolder';
import { Weights } from './weights';

/** A model ready to be loaded: graphs and weights in one folder. */
export interface BuiltModel extends RecognisedModel {
  readonly folder: string;
  /** Paths of the `.onnx` files. */
  readonly graphs: Readonly<Record<GraphName, string>>;
}

export interface BuildOptions extends GraphForm {
  /** Where built models are kept, one folder each. */
  readonly cacheFolder: string;
  /** SHA-256 of the checkpoint file, as it was verified. */
  readonly sha256: string;
  /** What the checkpoint does not tell of itself. */
  readonly hints?: ConfigHints;
  readonly signal?: AbortSignal;
}

const description = 'model.json';
/** Names in a model's folder. */
export const checkpointName = 'checkpoint';
const dataName = 'weights.bin';

/**
 * Writes the graphs of a SAM 2 checkpoint, once: a later call finds them. The checkpoint is linked into the model's
 * folder, or copied across file systems, since onnxruntime reads weights from nowhere else.
 * @throws ModelFileError where the checkpoint is not one of SAM 2; errors of the file system, such as a full disk.
 */
export async function buildModel(checkpointFile: string, options: BuildOptions): Promise<BuiltModel> {
  const { hints, signal } = options;
  const folder = folderOf(options);
  const known = await describe(folder);
  if (known) return known;

  const checkpoint = await readCheckpoint(checkpointFile);
  const recognised = recognise(checkpoint, hints);
  await makeWholeFolder(
    folder,
    async (draft) => {
      await linkOrCopy(checkpointFile, join(draft, checkpointName));
      await writeGraphs(checkpoint, recognised.config, draft, options, signal);
      await writeFile(join(draft, description), JSON.stringify(recognised));
    },
    async () => (await describe(folder)) !== undefined,
  );
  return withPaths(folder, recognised);
}

/** The model that an earlier call of `buildModel` left. */
export function findBuilt(options: BuildOptions): Promise<BuiltModel | undefined> {
  return describe(folderOf(options));
}

/** Named by all that the graphs depend on. */
function folderOf({ cacheFolder, sha256, hints, precision, plainAttention }: BuildOptions): string {
  const form = [...(precision === 'float16' ? [precision] : []), ...(plainAttention ? ['plain'] : [])];
  const dependencies = [sha256, builderVersion, hints ?? {}, ...form];
  const key = createHash('sha256').update(JSON.stringify(dependencies));
  return join(cacheFolder, key.digest('hex').slice(0, 32));
}

async function describe(folder: string): Promise<BuiltModel | undefined> {
  const text = await readRegular(join(folder, description), MAX_BYTES.small).catch(() => undefined);
  return text === undefined
    ? undefined
    : withPaths(folder, JSON.parse(text.toString('utf8')) as RecognisedModel);
}

function withPaths(folder: string, model: RecognisedModel): BuiltModel {
  const graphs = Object.fromEntries(graphNames.map((name) => [name, join(folder, `${name}.onnx`)]));
  return { ...model, folder, graphs: graphs as Record<GraphName, string> };
}

async function writeGraphs(
  checkpoint: Checkpoint,
  config: Sam2Config,
  folder: string,
  form: GraphForm,
  signal: AbortSignal | undefined,
): Promise<void> {
  const weights = new Weights(checkpoint, { checkpoint: checkpointName, data: dataName });
  for (const name of graphNames) {
    signal?.throwIfAborted();
    await writeFile(join(folder, `${name}.onnx`), buildGraph(name, config, weights, form));
  }
  await writeData(checkpoint, weights, join(folder, dataName), signal);
}

/** Writes the tensors that the checkpoint holds in another form, one after the other. */
export async function writeData(
  checkpoint: Checkpoint,
  weights: Weights,
  path: string,
  signal?: AbortSignal,
): Promise<void> {
  if (weights.toRewrite.length === 0) return;
  const source = await openRegular(checkpoint.file);
  try {
    const target = await open(path, 'w');
    try {
      for (const { sources, compute, precision, offset } of weights.toRewrite) {
        signal?.throwIfAborted();
        const read = sources.map(({ name, tensor }) => readFloats(source, tensor, name, checkpoint.file));
        const floats = compute(await Promise.all(read));
        const values = precision === 'float16' ? floatsToHalves(floats) : floats;
        await target.write(values, 0, values.byteLength, offset);
      }
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}
