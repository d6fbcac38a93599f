import type { Command } from 'commander';
import { installCudaSupport } from '../../health/cudaSupport';
import { printResult } from '../output';
import { progressBar } from '../progressBar';
import { interruptible } from '../withKernel';

interface CudaOptions {
  readonly archive?: string;
  readonly cudaDir?: string;
  readonly json?: boolean;
}

/** `masklet cuda install` */
async function install({ archive, cudaDir, json = false }: CudaOptions): Promise<void> {
  const bar = progressBar({ label: 'downloading CUDA support', unit: 'MB' });
  const result = await interruptible((signal) =>
    installCudaSupport(
      { ...(archive === undefined ? {} : { archive }) },
      cudaDir,
      signal,
      ({ bytes, total }) => bar.update(Math.floor(bytes / 1e6), Math.floor(total / 1e6)),
    ).finally(() => bar.done()),
  );
  printResult(json, result, () =>
    [
      `CUDA support for onnxruntime ${result.version} is in ${result.folder}.`,
      result.verified
        ? 'The package is the one that nuget.org describes (SHA-512).'
        : `The archive is whole; compare its SHA-512 with nuget.org: ${result.packageSha512}`,
      'Run "masklet doctor" to see whether it loads.',
    ].join('\n'),
  );
}

/** Adds `masklet cuda`. */
export function addCudaCommands(masklet: Command): void {
  masklet
    .command('cuda')
    .description('run models on an NVIDIA GPU: install')
    .exitOverride()
    .command('install')
    .description('download the CUDA files that this onnxruntime needs; resumes an interrupted download')
    .option('--archive <file.nupkg>', 'take the package from this file instead')
    .option('--cuda-dir <dir>', 'where CUDA files are kept (default: in your cache folder)')
    .option('--json', 'print the result, or {"error": ...}, as JSON on standard output')
    .showHelpAfterError('(--help shows how it is used)')
    .exitOverride()
    .action((options: CudaOptions) => install(options));
}
