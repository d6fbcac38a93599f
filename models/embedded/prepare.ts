// models/embedded/: the built-in model as graphs of ours, at any input size.
import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_BYTES, readRegular } from '../files/regularFile';
import type { ModelFile } from '../catalogue';
import { DataFile } from '../onnx/dataFile';
import { readOrtInitializers } from '../onnx/ortFormat';
import type { Sam2Config, TrunkConfig } from '../sam2/config';
import { variantConfig } from '../sam2/variants';
import { verifyModelFile } from '../verify';
import { makeWholeFolder } from '../wholeFolder';
import { DecoderWeights, decoderParameters } from './decoderWeights';
import { EncoderWeights } from './encoderWeights';
import { imageEncoderGraph } from './imageEncoder';
import { embeddedDecoderGraph } from './maskDecoder';

/** Raised with every change of what is written, so that what an older version prepared is prepared again. */
export const encoderBuilderVersion = 1;

const graphName = 'image_encoder.onnx';
const dataName = 'image_encoder.weights';
const decoderName = 'mask_decoder.onnx';
const decoderDataName = 'mask_decoder.weights';
const descriptionName = 'files.json';

/** How the encoder's affine maps are computed. */
export type Precision = 'float32' | 'int8';

/** What is prepared: the built-in model's graphs for one input size. */
export interface PreparedForm {
  /** Side of the encoder's input in pixels, a multiple of 32. */
  readonly size: number;
  readonly precision: Precision;
}

/** The files that the weights come from, with what they must be. */
export interface EmbeddedSources {
  readonly encoder: ModelFile;
  readonly decoder: ModelFile;
}

/** Paths of prepared graphs. */
export interface PreparedGraphs {
  readonly encoder: string;
  /** Undefined at the size of the decoder's own file, which serves there as it came. */
  readonly decoder: string | undefined;
}

/** The input size of the files as they came. */
export const originalSize = 1024;

/** Where prepared graphs are kept: named by all that they depend on. */
export function preparedFolder(cacheFolder: string, sources: EmbeddedSources, form: PreparedForm): string {
  const { encoder, decoder } = sources;
  const { size, precision } = form;
  const ofSize = size === originalSize ? [] : [decoder.sha256, size];
  const key = createHash('sha256').update(
    JSON.stringify([encoder.sha256, encoderBuilderVersion, precision, ...ofSize]),
  );
  return join(cacheFolder, key.digest('hex').slice(0, 32));
}

/** The graphs that an earlier call of `prepareGraphs` left, their files checked; undefined where there are none. */
export async function findPrepared(folder: string): Promise<PreparedGraphs | undefined> {
  try {
    const files = JSON.parse(
      (await readRegular(join(folder, descriptionName), MAX_BYTES.small)).toString('utf8'),
    ) as ModelFile[];
    for (const file of files) await verifyModelFile(join(folder, file.name), file);
    const hasDecoder = files.some(({ name }) => name === decoderName);
    return {
      encoder: join(folder, graphName),
      decoder: hasDecoder ? join(folder, decoderName) : undefined,
    };
  } catch {
    return undefined;
  }
}

export interface PrepareOptions extends PreparedForm {
  /** Paths of the files as they came, which are checked against `sources`. */
  readonly paths: { readonly encoder: string; readonly decoder: string };
  readonly sources: EmbeddedSources;
  /** As `preparedFolder` says. */
  readonly folder: string;
}

/**
 * Writes the built-in image encoder in a form that it runs faster in, and for other input sizes than its own the mask
 * decoder with it, once: a later call finds them. Takes about a second and no network.
 * @throws ModelFileError where a file is missing or another; errors of the file system, such as a full disk.
 */
export async function prepareGraphs(options: PrepareOptions): Promise<PreparedGraphs> {
  const { paths, sources, folder, size } = options;
  await verifyModelFile(paths.encoder, sources.encoder);
  const written = new Map(encoderFiles(await readRegular(paths.encoder, MAX_BYTES.large), options));
  if (size !== originalSize) {
    await verifyModelFile(paths.decoder, sources.decoder);
    for (const [name, bytes] of decoderFiles(await readRegular(paths.decoder, MAX_BYTES.large), options))
      written.set(name, bytes);
  }
  const found = await findPrepared(folder);
  if (found !== undefined) return found;
  // A damaged one must not be in the way.
  await rm(folder, { recursive: true, force: true });
  await makeWholeFolder(
    folder,
    async (draft) => {
      const files: ModelFile[] = [];
      for (const [name, bytes] of written) {
        await writeFile(join(draft, name), bytes);
        files.push({ name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
      }
      await writeFile(join(draft, descriptionName), JSON.stringify(files));
    },
    async () => (await findPrepared(folder)) !== undefined,
  );
  return {
    encoder: join(folder, graphName),
    decoder: written.has(decoderName) ? join(folder, decoderName) : undefined,
  };
}

type NamedBytes = readonly (readonly [name: string, bytes: Uint8Array])[];

const configAt = (size: number): Sam2Config<TrunkConfig> => ({
  ...variantConfig('sam2', 'tiny'),
  imageSize: size,
});

function encoderFiles(file: Uint8Array, { paths, size, precision }: PrepareOptions): NamedBytes {
  const data = new DataFile(dataName);
  const weights = new EncoderWeights(paths.encoder, readOrtInitializers(file), data);
  const graph = imageEncoderGraph(configAt(size), weights, data, () => precision === 'int8');
  return [
    [graphName, graph],
    [dataName, data.bytes()],
  ];
}

function decoderFiles(file: Uint8Array, { paths, size }: PrepareOptions): NamedBytes {
  const data = new DataFile(decoderDataName);
  const weights = new DecoderWeights(paths.decoder, decoderParameters(file), data);
  const graph = embeddedDecoderGraph(configAt(size), weights);
  return [
    [decoderName, graph],
    [decoderDataName, data.bytes()],
  ];
}
