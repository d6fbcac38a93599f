import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The innermost package that a file belongs to. */
const PACKAGE = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//;

/**
 * The licences of all packages whose code is in bundles, as their terms ask for.
 * @param metafiles what esbuild says of the bundles; paths in them are relative to `root`.
 */
export function thirdPartyNotices(metafiles, root) {
  const folders = new Set();
  for (const { outputs } of metafiles)
    for (const { inputs } of Object.values(outputs))
      for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
        const [, folder] = PACKAGE.exec(path) ?? [];
        if (folder && bytesInOutput > 0) folders.add(join(root, folder));
      }
  const parts = new Map();
  for (const folder of folders) {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    parts.set(`${name} ${version}`, licenceText(folder) ?? `Licence: ${license}`);
  }
  const list = [...parts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, text]) => `${name}\n\n${text}`);
  return ['Masklet contains code of these packages.', ...list].join(`\n\n${'-'.repeat(80)}\n\n`) + '\n';
}

function licenceText(folder) {
  const texts = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^(licen[cs]e|copying|notice)/i.test(entry.name))
    .map(({ name }) => readFileSync(join(folder, name), 'utf8').trim());
  return texts.length === 0 ? undefined : texts.join('\n\n');
}
