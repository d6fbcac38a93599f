import type { KernelSettings } from './protocol';

const MiB = 2 ** 20;

/** The settings of design section 2, with what is left out filled in. */
export function withDefaults(settings: Partial<KernelSettings> = {}): KernelSettings {
  return {
    maxConcurrentSessions: 2,
    maxVideoFrames: 0,
    maxFrameDimension: 1920,
    sessionTimeout: 300,
    executionProviders: ['cuda', 'cpu'],
    halfPrecision: true,
    // 48 frames of 720p: what longer groups of pictures have more goes to the temporary file. A whole group of 250 would
    // take the kernel far above 1.5 GB.
    frameCacheBytes: 128 * MiB,
    threads: 0,
    givesWay: false,
    ...settings,
  };
}
