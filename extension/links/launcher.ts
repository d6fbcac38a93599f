import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes the program `masklet` for terminals: it runs the command line of this extension with the Node of this VS Code. Its
 * own place stays the same when either is updated, so that git's configuration may name it.
 * @param folder made where it does not exist.
 * @param script the bundled command line.
 */
export function writeLauncher(folder: string, script: string, node = process.execPath): void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'masklet');
  write(file, shellLauncher(file, script, node));
  if (process.platform === 'win32') write(join(folder, 'masklet.cmd'), commandLauncher(file, script, node));
}

/** Exit code 127, as a shell's own, where there is nothing to launch any more. */
function shellLauncher(file: string, script: string, node: string): string {
  const quote = (text: string): string => {
    const path = process.platform === 'win32' ? text.replaceAll('\\', '/') : text;
    return `'${path.replaceAll("'", `'\\''`)}'`;
  };
  return [
    '#!/bin/sh',
    '# Written by the Masklet extension of VS Code, and again whenever it starts.',
    `if [ ! -e ${quote(script)} ] || [ ! -e ${quote(node)} ]; then`,
    '  echo "masklet: the Masklet extension was updated or removed; open VS Code once" >&2',
    '  exit 127',
    'fi',
    `ELECTRON_RUN_AS_NODE=1 MASKLET_LAUNCHER=${quote(file)} exec ${quote(node)} ${quote(script)} "$@"`,
    '',
  ].join('\n');
}

function commandLauncher(file: string, script: string, node: string): string {
  const escape = (text: string): string => text.replaceAll('%', '%%');
  return [
    '@echo off',
    'setlocal',
    'set ELECTRON_RUN_AS_NODE=1',
    `set "MASKLET_LAUNCHER=${escape(file)}"`,
    `"${escape(node)}" "${escape(script)}" %*`,
    '',
  ].join('\r\n');
}

/** Replaces the file whole, for another window may just be running it; nothing happens where it is the same. */
function write(file: string, text: string): void {
  if (readIfThere(file) === text) return;
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, text);
  chmodSync(temporary, 0o755);
  renameSync(temporary, file);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
