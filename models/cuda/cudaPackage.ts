/**
 * Where onnxruntime's CUDA files come from: the package that the installer of onnxruntime-node takes them from
 * (`script/install-metadata.js` of it), in the version of onnxruntime-node itself. TensorRT's file is left out.
 */
export const cudaPackage = {
  name: 'Microsoft.ML.OnnxRuntime.Gpu.Linux',
  feed: 'https://api.nuget.org/v3/index.json',
  folder: 'runtimes/linux-x64/native',
  files: ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'],
  platform: 'linux',
  arch: 'x64',
} as const;

/** What these files are made for, and have to find on the machine. */
export const wantedCuda = 'CUDA 12 and cuDNN 9';
