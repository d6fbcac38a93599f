import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyPackage, modules, readJson, root } from './files.mjs';
import { TARGETS } from './targets.mjs';

const js = (path) => /\.(js|cjs|mjs|json)$/.test(path);

/**
 * The folder with sharp's binaries for a platform. Those of this platform are installed; for another one npm fetches the
 * versions that sharp's own manifest names, into a folder of their own, and runs none of their scripts.
 */
function imagePackages(name) {
  const { platform, arch, libc } = TARGETS[name];
  const installed = join(modules, '@img');
  if (existsSync(join(installed, `sharp-${name}`))) return installed;
  const { version, optionalDependencies } = readJson(join(modules, 'sharp', 'package.json'));
  const folder = join(root, 'out', 'natives', `sharp-${version}-${name}`);
  const images = join(folder, 'node_modules', '@img');
  if (existsSync(join(images, `sharp-${name}`))) return images;
  const wanted = Object.entries(optionalDependencies).filter(([key]) => key.endsWith(`-${name}`));
  const color = readJson(join(modules, '@img', 'colour', 'package.json'));
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({
      private: true,
      dependencies: { ...Object.fromEntries(wanted), '@img/colour': color.version },
    }),
  );
  const which = [`--os=${platform}`, `--cpu=${arch}`, ...(libc ? [`--libc=${libc}`] : [])];
  const flags = [
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    '--loglevel=error',
    '--force',
  ];
  const { status } = spawnSync('npm', ['install', ...which, ...flags], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status !== 0)
    throw new Error(`npm could not fetch sharp's binaries for ${name} (its message is above).`);
  return images;
}

/** Copies the packages with native parts into `folder`, with the binaries of one platform and no others. */
export function copyNatives(name, folder) {
  const { platform, arch } = TARGETS[name];
  const copy = (from, key, keep) => copyPackage(from, join(folder, ...key.split('/')), keep);
  copy(join(modules, 'onnxruntime-node'), 'onnxruntime-node', (path) =>
    path.startsWith('bin/')
      ? // macOS has its library twice, under its full name and under the one that is loaded.
        path.includes(`/${platform}/${arch}/`) && !/libonnxruntime\.\d+\.\d+\.\d+\.dylib$/.test(path)
      : path.startsWith('dist/') && js(path),
  );
  copy(
    join(modules, 'onnxruntime-common'),
    'onnxruntime-common',
    (path) => path.startsWith('dist/cjs/') && js(path),
  );
  copy(
    join(modules, 'better-sqlite3'),
    'better-sqlite3',
    (path) => path.startsWith('lib/') || path === `prebuilds/${name}.node`,
  );
  copy(
    join(modules, 'sharp'),
    'sharp',
    (path) => (path.startsWith('lib/') || path.startsWith('dist/')) && js(path),
  );
  const images = imagePackages(name);
  for (const key of readdirSync(images).sort())
    copy(join(images, key), `@img/${key}`, (path) => !/\.(d\.ts|md|h)$/.test(path));
  copy(join(modules, 'detect-libc'), 'detect-libc', js);
  copy(join(modules, 'semver'), 'semver', js);
}
