import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** In the registry of PCI vendors. */
const NVIDIA_VENDOR = '0x10de';
/** Containers and WSL show these, and no PCI bus. */
const DEVICES = ['nvidiactl', 'nvidia0', 'dxg', 'nvhost-gpu'];

/**
 * Whether this machine may have an NVIDIA card, with a driver or without; where nothing tells, it may.
 * @param root of the file system; for tests
 */
export function mayHaveNvidiaCard(platform: NodeJS.Platform = process.platform, root = '/'): boolean {
  if (platform === 'darwin') return false;
  if (platform !== 'linux') return true;
  if (DEVICES.some((name) => existsSync(join(root, 'dev', name)))) return true;
  const bus = join(root, 'sys', 'bus', 'pci', 'devices');
  try {
    return readdirSync(bus).some(
      (name) => readFileSync(join(bus, name, 'vendor'), 'utf8').trim() === NVIDIA_VENDOR,
    );
  } catch {
    return false;
  }
}
