import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { localised } from '../localise.mjs';
import { filesBelow, modules, readJson, root } from './files.mjs';
import { copyNatives } from './natives.mjs';
import { TARGETS } from './targets.mjs';

const manifest = readJson(join(root, 'package.json'));
/** Written with the bundles. */
const NOTICES = 'ThirdPartyNotices.txt';
const MODELS = ['sam2_hiera_tiny_encoder.with_runtime_opt.ort', 'sam2_hiera_tiny_decoder_pr1.onnx'];

const writeJson = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);

function fresh(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}

function copyBundles(folder, names) {
  for (const name of names) {
    for (const path of filesBelow(join(root, 'dist', name))) {
      if (path.endsWith('.map') || path === 'demo.cjs') continue;
      cpSync(join(root, 'dist', name, path), join(folder, 'dist', name, path));
    }
  }
}

function copyModels(folder) {
  const from = join(modules, '@annotorious', 'plugin-segment-anything', 'dist');
  for (const name of MODELS) cpSync(join(from, name), join(folder, 'dist', 'models', name));
}

/** Everything that the extension for one platform is made of, in a folder that vsce packs as it is. */
export function stageExtension(target, folder) {
  fresh(folder);
  copyBundles(folder, ['kernel', 'extension', 'webview']);
  copyModels(folder);
  copyNatives(target, join(folder, 'dist', 'node_modules'));
  cpSync(join(root, 'media'), join(folder, 'media'), { recursive: true });
  for (const file of ['README.md', 'CHANGELOG.md', 'LICENSE', 'NOTICE', '.vscodeignore'])
    cpSync(join(root, file), join(folder, file));
  cpSync(join(root, 'dist', NOTICES), join(folder, NOTICES));
  // What is bundled or staged must not be looked for in npm's way; a private package would not be published.
  const { devDependencies, dependencies, optionalDependencies, overrides, scripts, allowScripts, ...kept } =
    manifest;
  const { private: unpublished, ...own } = kept;
  const { manifest: keyed, texts } = localised(own);
  writeJson(join(folder, 'package.json'), keyed);
  writeJson(join(folder, 'package.nls.json'), texts);
  cpSync(join(root, 'l10n'), join(folder, 'l10n'), { recursive: true });
}

/**
 * The command line for one platform, as an npm package that brings everything along: nothing is fetched and no script is
 * run when it is installed.
 */
export function stageCli(target, folder) {
  fresh(folder);
  copyBundles(folder, ['kernel']);
  copyModels(folder);
  const natives = join(folder, 'node_modules');
  copyNatives(target, natives);
  const bundled = [
    'onnxruntime-node',
    'onnxruntime-common',
    'better-sqlite3',
    'sharp',
    'detect-libc',
    'semver',
  ];
  const images = filesBelow(join(natives, '@img'))
    .filter((path) => /^[^/]+\/package\.json$/.test(path))
    .map((path) => `@img/${path.split('/')[0]}`);
  const dependencies = {};
  for (const name of [...bundled, ...images].sort()) {
    const path = join(natives, ...name.split('/'), 'package.json');
    // npm would run their install scripts, which look for what is here already, and fetch what they ask for.
    const { scripts, dependencies: own, optionalDependencies, devDependencies, ...kept } = readJson(path);
    writeJson(path, kept);
    dependencies[name] = kept.version;
  }
  for (const file of ['README.md', 'CHANGELOG.md', 'LICENSE', 'NOTICE'])
    cpSync(join(root, file), join(folder, file));
  cpSync(join(root, 'dist', NOTICES), join(folder, NOTICES));
  const { name, version, description, license, bin, keywords, repository, bugs } = manifest;
  const { platform, arch, libc } = TARGETS[target];
  writeJson(join(folder, 'package.json'), {
    // A registry keeps one package of a name and version.
    name: `${name}-cli-${target}`,
    version,
    description,
    keywords,
    license,
    ...(repository ? { repository } : {}),
    ...(bugs ? { bugs } : {}),
    bin,
    os: [platform],
    cpu: [arch],
    ...(libc ? { libc: [libc] } : {}),
    engines: { node: '>=22' },
    dependencies,
    bundleDependencies: Object.keys(dependencies),
  });
}
