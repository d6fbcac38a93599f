import { statSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow } from './files.mjs';

/** Where each file of a package comes from; a file that nothing here knows is an error. */
const ACCOUNTS = [
  ['models', (path) => path.startsWith('dist/models/')],
  ['onnxruntime', (path) => /node_modules\/onnxruntime-/.test(path)],
  ['SQLite', (path) => path.includes('node_modules/better-sqlite3/')],
  ['sharp', (path) => /node_modules\/(sharp|@img|detect-libc|semver)\//.test(path)],
  ['bundles', (path) => /^dist\/(kernel|extension|webview)\//.test(path)],
  ['pictures', (path) => path.startsWith('media/')],
  ['manifest and texts', (path) => !path.includes('/') || path.startsWith('l10n/')],
];

/** Files and bytes of a package by origin, the heaviest first. @throws Error for a file without an origin */
export function account(folder) {
  const sums = new Map();
  for (const path of filesBelow(folder)) {
    const [name] = ACCOUNTS.find(([, owns]) => owns(path)) ?? [];
    if (!name) throw new Error(`${path} is in the package, and nothing says why.`);
    const sum = sums.get(name) ?? { files: 0, bytes: 0 };
    sums.set(name, { files: sum.files + 1, bytes: sum.bytes + statSync(join(folder, path)).size });
  }
  return new Map([...sums].sort(([, a], [, b]) => b.bytes - a.bytes));
}
