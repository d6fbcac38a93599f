import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  closeSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../kernel/runtime/paths';

const root = packageRoot();
const built = join(root, 'out', 'package');
const TARGETS = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64'];
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

function pack(target: string): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(process.execPath, [join(root, 'scripts', 'package', 'main.mjs'), '--target', target], {
    cwd: root,
    encoding: 'utf8',
  });
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

/** Which platform a binary is for, by its header (ELF, Mach-O, PE); undefined for any other file. */
function platformOf(file: string): string | undefined {
  const bytes = Buffer.alloc(4096);
  const handle = openSync(file, 'r');
  readSync(handle, bytes);
  closeSync(handle);
  if (bytes.subarray(0, 4).equals(Buffer.from('\x7fELF', 'latin1')))
    return `linux-${{ 62: 'x64', 183: 'arm64' }[bytes.readUInt16LE(18)] ?? '?'}`;
  if (bytes.readUInt32LE(0) === 0xfeedfacf)
    return `darwin-${{ 0x01000007: 'x64', 0x0100000c: 'arm64' }[bytes.readUInt32LE(4)] ?? '?'}`;
  if (bytes.readUInt32BE(0) === 0xcafebabe) return 'darwin-universal';
  if (bytes.subarray(0, 2).toString('latin1') === 'MZ') {
    const header = bytes.readUInt32LE(0x3c);
    if (header + 6 < bytes.length && bytes.subarray(header, header + 2).toString('latin1') === 'PE')
      return `win32-${{ 0x8664: 'x64', 0xaa64: 'arm64' }[bytes.readUInt16LE(header + 4)] ?? '?'}`;
  }
  return undefined;
}

const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

describe('packages for every platform, made on this one', () => {
  let printed = '';
  beforeAll(() => {
    expect(existsSync(join(root, 'dist', 'extension', 'extension.cjs'))).toBe(true);
    const { status, stdout, stderr } = pack('all');
    expect(stderr.replace(/^.*(WARNING|npm warn).*$/gm, '').trim()).toBe('');
    expect(status).toBe(0);
    printed = stdout;
  }, 900_000);

  it('says why there is none for Intel Macs', () => {
    expect(printed).toContain('darwin-x64: not packaged, as onnxruntime-node has no binaries');
    const { status, stderr } = pack('darwin-x64');
    expect(status).toBe(1);
    expect(stderr).toContain('There is no package for darwin-x64: onnxruntime-node has no binaries');
    expect(pack('beos-x64').stderr).toContain('"beos-x64" is not a platform');
  });

  describe.each(TARGETS)('%s', (target) => {
    const extension = join(built, target, 'extension');
    const cli = join(built, target, 'cli');

    it.each(['extension', 'cli'])('%s: has binaries of its own platform alone', (kind) => {
      const folder = join(built, target, kind);
      const binaries = filesBelow(folder).flatMap((path) => {
        const platform = platformOf(join(folder, path));
        return platform ? [{ path, platform }] : [];
      });
      expect(binaries.filter(({ platform }) => platform !== target)).toEqual([]);
      const names = binaries.map(({ path }) => path).join('\n');
      for (const part of ['onnxruntime_binding.node', 'better-sqlite3', 'sharp'])
        expect(names).toContain(part);
    });

    it('has nothing of tests, benches or sources, and what its manifest names', () => {
      const files = filesBelow(extension);
      expect(
        files.filter((path) =>
          /\.(tsx?|map)$|^(test|scripts|docs|kernel|extension|webview|shared|models)\//.test(path),
        ),
      ).toEqual([]);
      expect(files.filter((path) => /dist\/(bench|test)\//.test(path))).toEqual([]);
      const manifest = JSON.parse(readFileSync(join(extension, 'package.json'), 'utf8')) as {
        main: string;
        icon: string;
        bin: { masklet: string };
      };
      for (const path of [
        manifest.main,
        manifest.icon,
        manifest.bin.masklet,
        'README.md',
        'LICENSE',
        'CHANGELOG.md',
        'package.nls.json',
        'l10n/bundle.l10n.json',
      ])
        expect(existsSync(join(extension, path)), path).toBe(true);
    });

    it('has the licence of every package in it', () => {
      for (const folder of [join(extension, 'dist', 'node_modules'), join(cli, 'node_modules')]) {
        const packages = filesBelow(folder).filter((path) => /^(@[^/]+\/)?[^/]+\/package\.json$/.test(path));
        expect(packages.length).toBeGreaterThan(6);
        for (const path of packages) {
          const { license } = JSON.parse(readFileSync(join(folder, path), 'utf8')) as { license?: string };
          expect(license, path).toMatch(/MIT|ISC|Apache-2\.0|BSD|LGPL/);
        }
      }
      expect(readFileSync(join(extension, 'ThirdPartyNotices.txt'), 'utf8').length).toBeGreaterThan(1000);
    });

    it('is as large as its parts: printed', () => {
      for (const file of [`masklet-${version}-${target}.vsix`, `masklet-cli-${version}-${target}.tgz`]) {
        const megabytes = statSync(join(built, file)).size / 1e6;
        console.log(`${file}: ${megabytes.toFixed(1)} MB`);
        expect(megabytes).toBeLessThan(250);
      }
    });
  });

  it('vsce lists the same files in the stage and nothing of ours that is not needed from the root', () => {
    const vsce = join(root, 'node_modules', '@vscode', 'vsce', 'vsce');
    const list = (cwd: string, ...flags: string[]): string[] =>
      execFileSync(process.execPath, [vsce, 'ls', ...flags], { cwd, encoding: 'utf8', maxBuffer: 1e8 })
        .trim()
        .split('\n');
    const staged = join(built, 'linux-x64', 'extension');
    const files = filesBelow(staged).filter((path) => path !== '.vscodeignore');
    expect(list(staged, '--no-dependencies').sort()).toEqual(files.sort());
    const byHand = list(root, '--no-dependencies');
    expect(byHand).toContain('dist/extension/extension.cjs');
    expect(
      byHand.filter(
        (path) =>
          !/^(dist\/(extension|kernel|webview)\/|dist\/ThirdPartyNotices|media\/|[A-Z]+(\.md)?$|package\.json$)/.test(
            path,
          ),
      ),
    ).toEqual([]);
  });

  it('makes the same bytes again', () => {
    const names = [`masklet-${version}-linux-x64.vsix`, `masklet-cli-${version}-linux-x64.tgz`];
    const before = names.map((name) => hashOf(join(built, name)));
    expect(pack('linux-x64').status).toBe(0);
    expect(names.map((name) => hashOf(join(built, name)))).toEqual(before);
  }, 600_000);
});

describe.runIf(process.platform === 'linux' && process.arch === 'x64')(
  'the command line, installed from its tarball',
  () => {
    let prefix: string;
    beforeAll(() => {
      prefix = mkdtempSync(join(tmpdir(), 'masklet-prefix-'));
      const tarball = join(built, `masklet-cli-${version}-linux-x64.tgz`);
      if (!existsSync(tarball)) expect(pack('linux-x64').status).toBe(0);
      // A registry that does not answer: all that it needs is in the tarball. Scripts may run: there are none.
      execFileSync(
        'npm',
        ['install', '-g', '--prefix', prefix, '--offline', '--no-audit', '--no-fund', tarball],
        { stdio: 'pipe' },
      );
    }, 600_000);
    afterAll(() => rmSync(prefix, { recursive: true, force: true }));

    it('answers to its name', () => {
      const said = execFileSync(join(prefix, 'bin', 'masklet'), ['--version'], { encoding: 'utf8' });
      expect(said.trim()).toBe(version);
    });

    it('loads everything native', () => {
      const { stdout } = spawnSync(join(prefix, 'bin', 'masklet'), ['doctor', '--json'], {
        encoding: 'utf8',
      });
      const { checks } = JSON.parse(stdout) as { checks: { name: string; state: string; detail: string }[] };
      expect(checks.filter(({ state }) => state === 'failed')).toEqual([]);
    }, 300_000);
  },
);
