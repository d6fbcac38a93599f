// models/cuda/: onnxruntime's CUDA files, from nuget.org.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../files/makeFolder';
import { FileBytes } from '../checkpoint/fileBytes';
import { readZip, readZipStream, type ZipEntry } from '../checkpoint/zip';
import { download, type DownloadOptions } from '../download';
import { hashOf } from '../hashFile';
import { ModelFileError } from '../modelFileError';
import { cudaPackage } from './cudaPackage';
import { findNugetPackage } from './nuget';

export interface CudaInstallOptions extends Omit<DownloadOptions, 'byHand' | 'onProgress'> {
  /** Where CUDA files are kept, a folder for each version. */
  readonly folder: string;
  /** Of onnxruntime. */
  readonly version: string;
  /** The folder with onnxruntime's own native files, which must lie beside those for CUDA. */
  readonly runtimeFolder: string;
  /** A package that was fetched by other means. */
  readonly archive?: string;
  /** The service index of another NuGet feed. */
  readonly feed?: string;
  readonly onProgress?: (bytes: number, total: number) => void;
  readonly platform?: string;
}

/** What was installed. */
export interface InstalledCuda {
  readonly version: string;
  readonly folder: string;
  /** The package's SHA-512, as the feed states it; of an archive, as it was found. */
  readonly packageSha512: string;
  /** Whether the feed stated it: an archive is only known to be whole and of the right version. */
  readonly verified: boolean;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
}

/** Written last into a folder, so that it means that everything is there. */
const manifestName = 'installed.json';
/** onnxruntime looks for its CUDA files beside itself. */
const runtimeFiles = ['libonnxruntime.so.1', 'onnxruntime_binding.node'];

/** The folder of an installation for a version of onnxruntime; undefined where there is none. */
export function findInstalledCuda(folders: readonly string[], version: string): string | undefined {
  return folders
    .map((folder) => join(folder, version))
    .find((folder) => existsSync(join(folder, manifestName)));
}

/**
 * Installs onnxruntime's CUDA files, in place of those of the same version that may be there.
 * @throws ModelFileError `unsupported` on platforms that they are not published for, or where the archive is another
 *   package; `download`, `corrupted`, `no-space`, `missing`.
 */
export async function installCuda(options: CudaInstallOptions): Promise<InstalledCuda> {
  const { folder, version, platform = `${process.platform}/${process.arch}`, signal } = options;
  if (platform !== `${cudaPackage.platform}/${cudaPackage.arch}`) {
    throw new ModelFileError(
      'unsupported',
      folder,
      `onnxruntime's CUDA files are published for Linux on x64 only; this is ${platform}.`,
      'Use a Linux machine with an NVIDIA GPU, for example over Remote SSH.',
    );
  }
  makeFolder(folder);
  const fetched = options.archive === undefined ? await fetchPackage(options) : undefined;
  const archive = fetched?.path ?? options.archive ?? '';
  const draft = join(folder, `.draft-${randomBytes(6).toString('hex')}`);
  await mkdir(draft);
  try {
    const files = await FileBytes.use(
      archive,
      async (file) => {
        const entries = await readZip(file, { deflated: true });
        await checkIdentity(file, entries, version);
        const found: InstalledCuda['files'][number][] = [];
        for (const name of cudaPackage.files) {
          const entry = entries.get(`${cudaPackage.folder}/${name}`);
          if (!entry) throw wrongPackage(file.path, version, `it has no ${name}`);
          found.push({
            name,
            bytes: entry.bytes,
            sha256: await unpack(file, entry, join(draft, name), signal),
          });
        }
        return found;
      },
      'archive',
    );
    for (const name of runtimeFiles) await copyFile(join(options.runtimeFolder, name), join(draft, name));
    const packageSha512 = fetched?.sha512 ?? (await hashOf(archive, signal, 'sha512')).digest('hex');
    const target = join(folder, version);
    const installed = { version, folder: target, packageSha512, verified: fetched !== undefined, files };
    await writeFile(join(draft, manifestName), JSON.stringify(installed, null, 2));
    await rm(target, { recursive: true, force: true });
    await rename(draft, target);
    if (fetched) await rm(fetched.path);
    return installed;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function fetchPackage(options: CudaInstallOptions): Promise<{ path: string; sha512: string }> {
  const { onProgress, ...rest } = options;
  const { folder, version, feed = cudaPackage.feed } = rest;
  const file = `${cudaPackage.name.toLowerCase()}.${version}.nupkg`;
  const byHand = `fetch ${file} from nuget.org by other means and give it to "Masklet: Install CUDA Support" or "masklet cuda install --archive FILE".`;
  const spec = await findNugetPackage(feed, cudaPackage.name, version, {
    ...rest,
    byHand,
  });
  const path = join(folder, file);
  await download(spec, path, {
    ...rest,
    byHand,
    onProgress: (bytes) => onProgress?.(bytes, spec.bytes),
  });
  return { path, sha512: 'sha512' in spec ? spec.sha512 : '' };
}

/** Reads in the package's own description what it is. */
async function checkIdentity(
  file: FileBytes,
  entries: ReadonlyMap<string, ZipEntry>,
  version: string,
): Promise<void> {
  const entry = [...entries.values()].find(({ name }) => /^[^/]+\.nuspec$/.test(name));
  if (!entry) throw wrongPackage(file.path, version, 'it is not a NuGet package');
  const chunks: Buffer[] = [];
  for await (const chunk of readZipStream(file, entry)) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  const field = (name: string): string =>
    new RegExp(`<${name}>\\s*([^<]*?)\\s*</${name}>`).exec(text)?.[1] ?? '';
  const [id, found] = [field('id'), field('version')];
  if (id.toLowerCase() !== cudaPackage.name.toLowerCase() || found !== version) {
    throw wrongPackage(file.path, version, `it is ${id || 'something'} ${found}`.trim());
  }
}

/** @returns the SHA-256 of what was written. */
async function unpack(
  file: FileBytes,
  entry: ZipEntry,
  path: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash('sha256');
  const target = await open(path, 'w');
  try {
    for await (const chunk of readZipStream(file, entry)) {
      signal?.throwIfAborted();
      hash.update(chunk);
      await target.write(chunk);
    }
    await target.sync();
  } finally {
    await target.close();
  }
  return hash.digest('hex');
}

function wrongPackage(path: string, version: string, reason: string): ModelFileError {
  return new ModelFileError(
    'unsupported',
    path,
    `${path} is not the expected package: ${reason}.`,
    `Give ${cudaPackage.name} ${version} from nuget.org, the file ending in .nupkg.`,
  );
}
