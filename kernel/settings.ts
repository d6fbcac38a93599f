import { totalmem } from 'node:os';
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
    // A thirty-second of the memory: enough for a group of 720p pictures, little beside the model.
    frameCacheBytes: Math.min(1024 * MiB, Math.max(256 * MiB, totalmem() / 32)),
    threads: 0,
    ...settings,
  };
}
