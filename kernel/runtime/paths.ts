// kernel/runtime/: what every process of ours needs: paths, version, Node, proxy.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder that holds `package.json`, `dist/` and `node_modules/`, from a bundle as from the sources. */
export function packageRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`No package.json above ${import.meta.dirname}`);
    folder = parent;
  }
  return folder;
}

/** The bundled script of a kernel process or worker thread, for example `kernelScript('storeWorker')`. */
export function kernelScript(name: string): string {
  return join(packageRoot(), 'dist', 'kernel', `${name}.cjs`);
}
