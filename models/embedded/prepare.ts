import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_BYTES, readRegular } from '../files/regularFile';
import type { ModelFile } from '../catalogue';
import { DataFile } from '../onnx/dataFile';
import { readOrtInitializers } from '../onnx/ortFormat';
import { variantConfig } from '../sam2/variants';
import { verifyModelFile } from '../verify';
import { makeWholeFolder } from '../wholeFolder';
import { EncoderWeights } from './encoderWeights';
import { imageEncoderGraph } from './imageEncoder';

/** Raised with every change of what is written, so that what an older version prepared is prepared again. */
export const encoderBuilderVersion = 1;

const graphName = 'image_encoder.onnx';
const dataName = 'image_encoder.weights';
const descriptionName = 'files.json';

/** How the encoder's affine maps are computed. */
export type Precision = 'float32' | 'int8';

/** Where the prepared form of an encoder file is kept: named by all that it depends on. */
export function preparedFolder(cacheFolder: string, source: ModelFile, precision: Precision): string {
  const key = createHash('sha256').update(JSON.stringify([source.sha256, encoderBuilderVersion, precision]));
  return join(cacheFolder, key.digest('hex').slice(0, 32));
}

/** The graph of an encoder that an earlier call of `prepareEncoder` left, its files checked; undefined where there is none. */
export async function findPreparedEncoder(folder: string): Promise<string | undefined> {
  try {
    const files = JSON.parse(
      (await readRegular(join(folder, descriptionName), MAX_BYTES.small)).toString('utf8'),
    ) as ModelFile[];
    for (const file of files) await verifyModelFile(join(folder, file.name), file);
    return join(folder, graphName);
  } catch {
    return undefined;
  }
}

export interface PrepareOptions {
  /** The encoder file as it came, which is checked against `source`. */
  readonly path: string;
  readonly source: ModelFile;
  /** As `preparedFolder` says. */
  readonly folder: string;
  readonly precision: Precision;
}

/**
 * Writes the built-in image encoder in a form that it runs faster in, once: a later call finds it. Takes about a second
 * and no network.
 * @returns the path of the graph.
 * @throws ModelFileError where the file is missing or another; errors of the file system, such as a full disk.
 */
export async function prepareEncoder({ path, source, folder, precision }: PrepareOptions): Promise<string> {
  await verifyModelFile(path, source);
  const initializers = readOrtInitializers(await readRegular(path, MAX_BYTES.large));
  const data = new DataFile(dataName);
  const graph = imageEncoderGraph(
    variantConfig('sam2', 'tiny'),
    new EncoderWeights(path, initializers, data),
    data,
    () => precision === 'int8',
  );
  const found = await findPreparedEncoder(folder);
  if (found !== undefined) return found;
  // A damaged one must not be in the way.
  await rm(folder, { recursive: true, force: true });
  await makeWholeFolder(
    folder,
    async (draft) => {
      const files: ModelFile[] = [];
      for (const [name, bytes] of [
        [graphName, graph],
        [dataName, data.bytes()],
      ] as const) {
        await writeFile(join(draft, name), bytes);
        files.push({ name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
      }
      await writeFile(join(draft, descriptionName), JSON.stringify(files));
    },
    async () => (await findPreparedEncoder(folder)) !== undefined,
  );
  return join(folder, graphName);
}
