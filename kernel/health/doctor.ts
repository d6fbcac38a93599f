// kernel/health/: whether everything that Masklet needs is there.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { InferenceApi } from '../engine/onnx/inferenceApi';
import { findCudaRuntime, onnxRuntime } from '../engine/onnx/cudaRuntime';
import { inferenceThread } from '../engine/onnx/inferenceThread';
import { testGraph } from '../engine/onnx/testGraph';
import { accelerators, automatic } from '../engine/onnx/providerTraits';
import { tryProvider } from '../engine/providers/trial';
import { MaskletError, toErrorData } from '../../shared/protocol/errors';
import { packageRoot } from '../runtime/paths';
import { FFMPEG_CHECK, type HealthCheck } from '../../shared/protocol/health';
import type { KernelSettings } from '../../shared/protocol/settings';
import { listFolder } from '../../models/files/regularFile';
import { findClips } from '../clips/findClips';
import { outsideOf } from '../clips/outsideMedia';
import type { StorageApi } from '../storage/api';
import { findFfmpeg } from '../video/ffmpeg';
import type { WorkerClient } from '../workers/rpc';
import { wantedCuda } from '../../models/cuda/cudaPackage';
import { catalogue, locateModelFile, modelFolders } from '../../models/catalogue';
import { ModelFileError } from '../../models/modelFileError';
import { verifyModelFile } from '../../models/verify';

/** Clips named in one finding. */
const SHOWN = 5;

type Finding = Omit<HealthCheck, 'name'>;

/**
 * Looks at everything the kernel needs, each by using it; nothing is taken for granted because it is installed.
 * @param folder where the user works; without it, nothing is said of writing and of clips.
 */
export async function doctor(
  settings: KernelSettings,
  store: WorkerClient<StorageApi>,
  folder?: string,
): Promise<readonly HealthCheck[]> {
  const written = settings.dataDir ?? folder;
  return await Promise.all([
    // An older one has ended long before.
    check('Node', () =>
      Promise.resolve({ state: 'ok', detail: `${process.versions.node} at ${process.execPath}` }),
    ),
    check(FFMPEG_CHECK, async () => {
      const { path, version, origin } = await findFfmpeg(settings.ffmpegPath, settings.ffmpegDir);
      return { state: 'ok', detail: `${version} at ${path} (${origin})` };
    }),
    check('onnxruntime', () => onnxruntime(settings)),
    check('model', () => modelFiles()),
    check('SQLite', () => sqlite(store)),
    ...(written === undefined ? [] : [check('writing', () => writing(written))]),
    ...(folder !== undefined && isDataset(folder)
      ? [check('clips', () => linkedClips(folder, settings.dataDir))]
      : []),
  ]);
}

async function check(name: string, look: () => Promise<Finding>): Promise<HealthCheck> {
  try {
    return { name, ...(await look()) };
  } catch (error) {
    const { message, hint } = error instanceof ModelFileError ? modelHint(error) : toErrorData(error);
    return { name, state: 'failed', detail: message, ...(hint === undefined ? {} : { hint }) };
  }
}

/** What this machine has, each tried with a small graph in a process of its own. */
async function automaticProviders(settings: KernelSettings): Promise<Finding> {
  const cudaRuntime = findCudaRuntime(settings.cudaDir);
  const found = await Promise.all(
    ['cpu', ...accelerators()].map(async (provider) => {
      const request = { provider, threads: 1, ...(cudaRuntime ? { cudaRuntime } : {}) };
      const outcome = await tryProvider(request);
      return { provider, refused: 'refused' in outcome ? outcome.refused.replace(/\s+/g, ' ') : undefined };
    }),
  );
  const [cpu] = found;
  if (cpu.refused !== undefined) {
    throw new MaskletError('model/failed', `onnxruntime does not work here: ${cpu.refused}`, {
      hint: 'Install the packages again (npm install), or the extension.',
    });
  }
  const usable = found.filter(({ refused }) => refused === undefined).map(({ provider }) => provider);
  const others = found.flatMap(({ provider, refused }) =>
    refused === undefined ? [] : [`${provider}: ${refused}`],
  );
  const not = others.length > 0 ? `; not here: ${others.join('; ')}` : '';
  const { version } = onnxRuntime();
  const detail = `${version}, the fastest of ${usable.join(', ')} for each model${not}`;
  // Whoever installed its files has a card that is to be used.
  if (cudaRuntime === undefined || usable.includes('cuda')) return { state: 'ok', detail };
  const hint = `Masklet works, more slowly. To use CUDA, install ${wantedCuda} where the kernel finds them (docs/gpu.md).`;
  return { state: 'warning', detail, hint };
}

/** Loads a small graph, so that what is reported is the provider that works and not the one that is configured. */
async function onnxruntime(settings: KernelSettings): Promise<Finding> {
  if (settings.executionProviders.includes(automatic)) return automaticProviders(settings);
  const cudaRuntime = findCudaRuntime(settings.cudaDir);
  const worker = inferenceThread<InferenceApi>('doctor', cudaRuntime ? { cudaRuntime } : {});
  try {
    const loaded = await worker.request('load', {
      ...testGraph(),
      providers: settings.executionProviders,
      threads: 1,
    });
    const { version } = onnxRuntime();
    const detail = `${version} with provider ${loaded.provider}`;
    if (loaded.fallback === undefined) return { state: 'ok', detail };
    return {
      state: 'warning',
      detail: `${detail}; not used: ${loaded.fallback.replace(/\s+/g, ' ')}`,
      hint: `Masklet works, more slowly. With an NVIDIA GPU: ${
        cudaRuntime
          ? `install ${wantedCuda} where the kernel finds them`
          : '"Masklet: Install CUDA Support" or "masklet cuda install"'
      } (docs/gpu.md). Without one, set masklet.executionProviders to ["auto"].`,
    };
  } finally {
    await worker.dispose();
  }
}

async function modelFiles(): Promise<Finding> {
  const details: string[] = [];
  for (const model of catalogue) {
    const folders = modelFolders(model, packageRoot());
    for (const file of [model.encoder, model.decoder])
      await verifyModelFile(locateModelFile(file, folders), file);
    details.push(`${model.id} (${model.title})`);
  }
  return { state: 'ok', detail: `${details.join(', ')}: files verified by SHA-256` };
}

function modelHint(error: ModelFileError): { message: string; hint: string } {
  return { message: error.message, hint: 'Install the packages again (npm install), or the extension.' };
}

async function sqlite(store: WorkerClient<StorageApi>): Promise<Finding> {
  const folder = await mkdtemp(join(tmpdir(), 'masklet-doctor-'));
  try {
    const { sqliteVersion, journalMode } = await store.request('check', { databaseFolder: folder });
    return { state: 'ok', detail: `${sqliteVersion}, journal mode ${journalMode}` };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writing(folder: string): Promise<Finding> {
  const probe = join(resolve(folder), `.masklet-${process.pid}.tmp`);
  try {
    await writeFile(probe, '', { flag: 'wx' });
    await rm(probe);
    return { state: 'ok', detail: resolve(folder) };
  } catch (cause) {
    throw new MaskletError('storage/read-only', `${resolve(folder)} cannot be written to.`, {
      cause,
      hint: 'Annotations of videos there need another folder: setting masklet.dataDir, option --data-dir.',
    });
  }
}

/** True where annotations lie right in the folder: others, such as a home folder, are not searched. */
function isDataset(folder: string): boolean {
  try {
    return listFolder(folder).some((entry) => entry.isDirectory() && entry.name.endsWith('.masklet'));
  } catch {
    return false;
  }
}

/** Names the clips of a dataset whose file lies elsewhere. */
async function linkedClips(folder: string, dataDir: string | undefined): Promise<Finding> {
  const params = { paths: [folder], ...(dataDir === undefined ? {} : { dataDir }) };
  const clips = await findClips(params).catch((error: unknown) => {
    // A dataset in which nothing is annotated yet.
    if (error instanceof MaskletError && error.code === 'input/invalid') return [];
    throw error;
  });
  const outside = clips.filter((clip) => outsideOf(clip) !== undefined).map(({ path }) => path);
  if (outside.length === 0) return { state: 'ok', detail: `${clips.length} in ${folder}` };
  const more = outside.length > SHOWN ? ` and ${outside.length - SHOWN} more` : '';
  return {
    state: 'warning',
    detail: `links that lead out of ${folder}: ${outside.slice(0, SHOWN).join(', ')}${more}`,
    hint: 'That is how git-annex and DVC keep videos. In a folder of a stranger, look where they lead.',
  };
}
