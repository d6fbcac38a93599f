import { access, constants, realpath, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, relative, resolve, sep } from 'node:path';

/**
 * The full path of a program on the PATH. Only folders named by their full path count: an empty entry, or `.`, is the
 * folder that somebody happens to work in.
 * @param outside a folder that it must not lie in, by name or behind links: what a stranger put beside his videos.
 */
export async function findProgram(name: string, outside?: string): Promise<string | undefined> {
  const endings = process.platform === 'win32' ? ['.exe', ''] : [''];
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter(isAbsolute)) {
    for (const ending of endings) {
      const path = join(folder, name + ending);
      if ((await isExecutable(path)) && !(outside && (await liesIn(path, outside)))) return path;
    }
  }
  return undefined;
}

export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

async function liesIn(path: string, folder: string): Promise<boolean> {
  const real = await realpath(folder).catch(() => resolve(folder));
  return [path, await realpath(path)].some((place) => {
    const from = relative(real, place);
    return from !== '..' && !from.startsWith(`..${sep}`) && !isAbsolute(from);
  });
}
