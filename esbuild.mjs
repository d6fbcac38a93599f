import { writeFileSync } from 'node:fs';
import * as esbuild from 'esbuild';
import { thirdPartyNotices } from './scripts/package/thirdPartyNotices.mjs';

const watch = process.argv.includes('--watch');

/** Packages with native parts stay outside the bundles: they are loaded from node_modules. */
const native = ['onnxruntime-node', 'sharp', 'better-sqlite3', 'ffmpeg-static'];

const node = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node22',
  sourcemap: true,
  metafile: true,
  outExtension: { '.js': '.cjs' },
  define: { 'import.meta.dirname': '__dirname' },
  logLevel: 'warning',
};

/** What runs in VS Code's webviews. */
const browser = {
  bundle: true,
  platform: 'browser',
  format: 'iife',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  loader: { '.ttf': 'file' },
  assetNames: '[name]-[hash]',
  minify: !watch,
  sourcemap: true,
  metafile: true,
  logLevel: 'warning',
};

const builds = [
  {
    ...node,
    entryPoints: {
      main: 'kernel/main.ts',
      cli: 'kernel/cli/main.ts',
      demo: 'kernel/cli/demo.ts',
      videoWorker: 'kernel/video/worker.ts',
      inferenceWorker: 'kernel/engine/worker.ts',
      providerTrial: 'kernel/engine/trialProcess/main.ts',
      pixelWorker: 'kernel/pixels/worker.ts',
      datasetWorker: 'kernel/dataset/worker.ts',
      storeWorker: 'kernel/storage/worker.ts',
      query: 'kernel/query/main.ts',
      queryWatchdog: 'kernel/query/watchdog.ts',
    },
    outdir: 'dist/kernel',
    external: native,
  },
  {
    ...node,
    entryPoints: { extension: 'extension/extension.ts' },
    outdir: 'dist/extension',
    external: [...native, 'vscode'],
  },
  {
    ...node,
    entryPoints: {
      audit: 'test/bench/audit.ts',
      bench: 'test/bench/bench.ts',
      dataset: 'test/bench/dataset.ts',
      davis: 'test/bench/davis.ts',
      scenes: 'test/bench/scenes.ts',
      parity: 'test/parity/parity.ts',
      ui: 'test/bench/ui.ts',
    },
    outdir: 'dist/bench',
    external: [...native, 'playwright-core'],
  },
  {
    ...browser,
    entryPoints: {
      editor: 'webview/editor/main.tsx',
      changes: 'webview/changes/main.tsx',
      audit: 'webview/audit/main.tsx',
    },
    outdir: 'dist/webview',
  },
  {
    ...browser,
    // A notebook renderer is a module that brings its style along.
    entryPoints: { notebook: 'webview/notebook/main.tsx' },
    outdir: 'dist/webview',
    format: 'esm',
    loader: { '.css': 'text' },
  },
];

const contexts = await Promise.all(builds.map((options) => esbuild.context(options)));
if (watch) {
  await Promise.all(contexts.map((context) => context.watch()));
  console.log('watching');
} else {
  const results = await Promise.all(contexts.map((context) => context.rebuild()));
  const packaged = results
    .filter((_, i) => builds[i].outdir !== 'dist/bench')
    .map(({ metafile }) => metafile);
  writeFileSync('dist/ThirdPartyNotices.txt', thirdPartyNotices(packaged, import.meta.dirname));
  await Promise.all(contexts.map((context) => context.dispose()));
}
