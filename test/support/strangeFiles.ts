import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';

/** What may lie under the name of a file in a folder that somebody else made; each made anew at the path. */
export const strangeFiles: Readonly<Record<string, (path: string) => void>> = {
  'a link to an endless device': (path) => symlinkSync('/dev/zero', path),
  'a named pipe': (path) => void execFileSync('mkfifo', [path]),
  'a folder': (path) => mkdirSync(path),
  'a file without end': (path) => {
    writeFileSync(path, '');
    truncateSync(path, 2 ** 40);
  },
};

/** Puts one in the place of whatever is there. */
export function replaceBy(kind: string, path: string): void {
  rmSync(path, { recursive: true, force: true });
  strangeFiles[kind](path);
}
