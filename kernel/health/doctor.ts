import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { InferenceApi } from '../engine/onnx/inferenceApi';
import { findCudaRuntime, onnxRuntime } from '../engine/onnx/cudaRuntime';
import { inferenceThread } from '../engine/onnx/inferenceThread';
import { testGraph } from '../engine/onnx/testGraph';
import { MaskletError, toErrorData } from '../../shared/protocol/errors';
import { packageRoot } from '../runtime/paths';
import type { HealthCheck } from '../../shared/protocol/health';
import type { KernelSettings } from '../../shared/protocol/settings';
import type { StorageApi } from '../storage/api';
import { findFfmpeg } from '../video/ffmpeg';
import type { WorkerClient } from '../workers/rpc';
import { wantedCuda } from '../../models/cuda/cudaPackage';
import { catalogue, locateModelFile, modelFolders } from '../../models/catalogue';
import { ModelFileError } from '../../models/modelFileError';
import { verifyModelFile } from '../../models/verify';

type Finding = Omit<HealthCheck, 'name'>;

/** Looks at everything the kernel needs, each by using it; nothing is taken for granted because it is installed. */
export async function doctor(
  settings: KernelSettings,
  store: WorkerClient<StorageApi>,
): Promise<readonly HealthCheck[]> {
  return await Promise.all([
    // An older one has ended long before.
    check('Node', () =>
      Promise.resolve({ state: 'ok', detail: `${process.versions.node} at ${process.execPath}` }),
    ),
    check('ffmpeg', async () => {
      const { path, version, origin } = await findFfmpeg(settings.ffmpegPath);
      return { state: 'ok', detail: `${version} at ${path} (${origin})` };
    }),
    check('onnxruntime', () => onnxruntime(settings)),
    check('model', () => modelFiles()),
    check('SQLite', () => sqlite(store)),
    check('writing', () => writing(settings.dataDir ?? process.cwd())),
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

/** Loads a small graph, so that what is reported is the provider that works and not the one that is configured. */
async function onnxruntime(settings: KernelSettings): Promise<Finding> {
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
      } (docs/remote-gpu.md). Without one, set masklet.executionProviders to ["cpu"].`,
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
    await writeFile(probe, '');
    await rm(probe);
    return { state: 'ok', detail: resolve(folder) };
  } catch (cause) {
    throw new MaskletError('storage/read-only', `${resolve(folder)} cannot be written to.`, {
      cause,
      hint: 'Annotations of videos there need another folder: setting masklet.dataDir, option --data-dir.',
    });
  }
}
