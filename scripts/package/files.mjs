import { cpSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');
export const modules = join(root, 'node_modules');

export const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** Paths of all files below a folder, relative to it, with `/`; sorted, so that packages come out the same. */
export function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
}

const isLicence = (path) => /^licen[cs]e|^notice|^third-party/i.test(path);

/** Copies the files of a package that `keep` wants, and always its manifest and licences. */
export function copyPackage(from, to, keep) {
  for (const path of filesBelow(from)) {
    if (path.startsWith('node_modules/')) continue;
    if (path === 'package.json' || isLicence(path) || keep(path)) cpSync(join(from, path), join(to, path));
  }
}
