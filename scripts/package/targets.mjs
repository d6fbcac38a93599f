/**
 * The platforms that packages are made for, by VS Code's names. `libc` is npm's word for the C library, on Linux only.
 * `refused` says why there is no package for a platform that people ask for.
 */
export const TARGETS = {
  'linux-x64': { platform: 'linux', arch: 'x64', libc: 'glibc' },
  'linux-arm64': { platform: 'linux', arch: 'arm64', libc: 'glibc' },
  'darwin-arm64': { platform: 'darwin', arch: 'arm64' },
  'darwin-x64': {
    platform: 'darwin',
    arch: 'x64',
    refused: 'onnxruntime-node has no binaries for Macs with Intel processors',
  },
  'win32-x64': { platform: 'win32', arch: 'x64' },
  'win32-arm64': { platform: 'win32', arch: 'arm64' },
};

export const THIS_TARGET = `${process.platform}-${process.arch}`;

/**
 * The targets that a command line asks for: `--target NAME`, several with commas, or `--target all`; default: this platform.
 * @returns names to package, and those of `all` that are refused
 * @throws Error for a name that is unknown or refused
 */
export function chosenTargets(args) {
  const at = args.indexOf('--target');
  const asked = at < 0 ? THIS_TARGET : args[at + 1];
  if (asked === undefined) throw new Error('--target wants a platform, for example linux-x64, or "all".');
  if (asked === 'all') {
    const [refused, made] = [true, false].map((wanted) =>
      Object.keys(TARGETS).filter((name) => (TARGETS[name].refused !== undefined) === wanted),
    );
    return { made, refused };
  }
  const made = asked.split(',');
  for (const name of made) {
    const target = TARGETS[name];
    if (!target)
      throw new Error(`"${name}" is not a platform: choose from ${Object.keys(TARGETS).join(', ')}, all.`);
    if (target.refused) throw new Error(`There is no package for ${name}: ${target.refused}.`);
  }
  return { made, refused: [] };
}
