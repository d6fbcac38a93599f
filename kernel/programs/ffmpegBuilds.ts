/** A build of ffmpeg that can be fetched: one file that runs as it is, known by its content. */
export interface FfmpegBuild {
  readonly version: string;
  readonly url: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** A commit of the repository that imageio keeps ffmpeg's static builds in, so that the addresses' content never changes. */
const published =
  'https://github.com/imageio/imageio-binaries/raw/f8f64710ea88e7e4a352c0f7d8c0deac9f5fd685/ffmpeg';

/** By platform and architecture. The files are those that imageio's own package of the same versions carries. */
const BUILDS: Readonly<Record<string, FfmpegBuild>> = {
  'linux-x64': {
    version: '7.0.2',
    url: `${published}/ffmpeg-linux-x86_64-v7.0.2`,
    bytes: 79_826_272,
    sha256: 'e7e7fb30477f717e6f55f9180a70386c62677ef8a4d4d1a5d948f4098aa3eb99',
  },
  'linux-arm64': {
    version: '7.0.2',
    url: `${published}/ffmpeg-linux-aarch64-v7.0.2`,
    bytes: 51_134_160,
    sha256: '6bb182d0d75d23028db82e9e4f723ca69b853d055698486e6984ddb2c06fb8ce',
  },
  'darwin-x64': {
    version: '7.1',
    url: `${published}/ffmpeg-macos-x86_64-v7.1`,
    bytes: 75_991_688,
    sha256: '4a4a968b98859588e98500ae25973d80a5ca5eed0724222b9f76360dcb72a001',
  },
  'darwin-arm64': {
    version: '7.1',
    url: `${published}/ffmpeg-macos-aarch64-v7.1`,
    bytes: 49_368_728,
    sha256: '6d175a4743ca50256e89a8cdd731100f9cee33bd79aeea46894d209410dc6617',
  },
  'win32-x64': {
    version: '7.1',
    url: `${published}/ffmpeg-win-x86_64-v7.1.exe`,
    bytes: 87_638_016,
    sha256: '2ce797a0f88d7f067180338fb227f7b1928ea727bd9a4d7a1d022f7c52af71a3',
  },
};

/** The build for a machine; undefined where none can be fetched. Windows on ARM runs programs for x64. */
export function ffmpegBuild(
  platform: NodeJS.Platform = process.platform,
  arch: string = process.arch,
): FfmpegBuild | undefined {
  return BUILDS[platform === 'win32' && arch === 'arm64' ? 'win32-x64' : `${platform}-${arch}`];
}
