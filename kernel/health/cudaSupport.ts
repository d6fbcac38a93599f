import { installCuda, type InstalledCuda } from '../../models/cuda/installCuda';
import { defaultCudaFolder, onnxRuntime } from '../engine/onnx/cudaRuntime';
import { fromModelError } from '../engine/modelErrors';
import { CancelledError } from '../../shared/protocol/errors';
import type { CudaInstallParams, CudaInstallResult, DownloadProgress } from '../../shared/protocol/models';

/** Installs the CUDA files for the onnxruntime that is here. @throws MaskletError */
export async function installCudaSupport(
  { archive }: CudaInstallParams,
  cudaDir: string | undefined,
  signal: AbortSignal,
  onProgress: (progress: DownloadProgress) => void,
): Promise<CudaInstallResult> {
  const { version, folder: runtimeFolder } = onnxRuntime();
  let installed: InstalledCuda;
  try {
    installed = await installCuda({
      folder: cudaDir ?? defaultCudaFolder(),
      version,
      runtimeFolder,
      ...(archive === undefined ? {} : { archive }),
      signal,
      onProgress: (bytes, total) => onProgress({ bytes, total }),
    });
  } catch (error) {
    throw signal.aborted ? new CancelledError() : fromModelError(error);
  }
  const { folder, packageSha512, verified } = installed;
  return { folder, version, packageSha512, verified };
}
