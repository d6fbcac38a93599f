import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { workerData } from 'node:worker_threads';
import { cudaPackage, wantedCuda } from '../../../models/cuda/cudaPackage';
import { findInstalledCuda } from '../../../models/cuda/installCuda';
import { defaultCacheFolder } from '../../../models/library';
import { kernelScript } from '../../runtime/paths';
import { mayHaveNvidiaCard } from './nvidiaCard';
import { neededLibraries } from './neededLibraries';

/** What a thread with onnxruntime is started with. */
export interface CudaRuntimeData {
  /** A folder with the CUDA files that were installed, one for this version of onnxruntime. */
  readonly cudaRuntime?: string;
}

interface OnnxRuntime {
  readonly version: string;
  /** The folder with its native files. */
  readonly folder: string;
}

/** The onnxruntime that is installed here. */
export function onnxRuntime(): OnnxRuntime {
  const require = createRequire(kernelScript('main'));
  const manifest = require.resolve('onnxruntime-node/package.json');
  const { version } = require(manifest) as { version: string };
  return { version, folder: join(dirname(manifest), 'bin', 'napi-v6', process.platform, process.arch) };
}

/** Why the CUDA files that this thread was started with do not load. */
let broken: string | undefined;

/** Where the command line keeps CUDA files; the extension has a folder of its own. */
export function defaultCudaFolder(): string {
  return join(defaultCacheFolder(), 'cuda');
}

/** The CUDA files for the onnxruntime that is installed here: those of `cudaDir`, else those of the command line. */
export function findCudaRuntime(cudaDir: string | undefined): string | undefined {
  const folders = [...(cudaDir === undefined ? [] : [cudaDir]), defaultCudaFolder()];
  return findInstalledCuda(folders, onnxRuntime().version);
}

/**
 * Makes this thread use the CUDA files it was started with. onnxruntime looks for them beside itself and nowhere else, so
 * there is a copy of it beside them; once that copy is loaded, the dynamic linker takes it for every later
 * `libonnxruntime.so.1` of this process. To be called before onnxruntime-node is imported.
 */
export function useCudaRuntime(): void {
  const { cudaRuntime } = (workerData ?? {}) as CudaRuntimeData;
  if (cudaRuntime === undefined) return;
  try {
    createRequire(kernelScript('main'))(join(cudaRuntime, 'onnxruntime_binding.node'));
  } catch (error) {
    // The CPU can do the work without these files.
    broken = `${cudaRuntime} cannot be used: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** True where nobody installed CUDA files for a machine that has no card for them: then nothing is at fault. */
export function hasNoCudaHardware(): boolean {
  const { cudaRuntime } = (workerData ?? {}) as CudaRuntimeData;
  return cudaRuntime === undefined && !mayHaveNvidiaCard();
}

/** Why CUDA cannot work in this thread; undefined where nothing is known to be missing. */
export async function cudaProblem(): Promise<string | undefined> {
  const { cudaRuntime } = (workerData ?? {}) as CudaRuntimeData;
  if (broken !== undefined) return broken;
  const { version, folder } = onnxRuntime();
  const [, provider] = cudaPackage.files.map((name) => join(cudaRuntime ?? folder, name));
  if (!existsSync(provider)) return `the CUDA files of onnxruntime ${version} are not installed`;
  const problems =
    missingLibrary('libcuda.so.1') === undefined ? [] : ['there is no NVIDIA driver (libcuda.so.1)'];
  const needed = (await neededLibraries(provider)).filter((name) => !name.startsWith('libonnxruntime'));
  const missing = new Set(needed.flatMap((name) => missingLibrary(name) ?? []));
  if (missing.size > 0) problems.push(`${[...missing].join(', ')} cannot be found: ${wantedCuda} are wanted`);
  return problems.length > 0 ? problems.join('; ') : undefined;
}

/** The name of what the dynamic linker does not find when it is to load `name`: that library itself, or one it needs. */
function missingLibrary(name: string): string | undefined {
  try {
    process.dlopen({ exports: {} }, name);
  } catch (error) {
    // What is found is no module of Node's, which is an error too.
    const message = error instanceof Error ? error.message : '';
    return /^(\S+): cannot open shared object file/.exec(message)?.[1];
  }
  return undefined;
}
