import { readFileSync, readdirSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { onnxRuntime } from '../onnx/cudaRuntime';

/** What the choice of a provider hangs on, besides the model. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly onnxruntime: string;
  readonly driver: string;
}

export function thisMachine(): Machine {
  const processors = cpus();
  return {
    processor: `${process.platform} ${process.arch} ${processors[0]?.model ?? ''}`.trim(),
    cores: processors.length,
    onnxruntime: onnxRuntime().version,
    driver: graphicsDriver(),
  };
}

/**
 * The graphics cards and their drivers, as far as files tell. On Windows and macOS drivers come with the system, whose
 * version stands for them.
 */
function graphicsDriver(): string {
  if (process.platform !== 'linux') return release();
  const cards = '/sys/class/drm';
  const devices = names(cards)
    .filter((name) => /^card\d+$/.test(name))
    .map(
      (name) =>
        `${text(join(cards, name, 'device', 'vendor'))}:${text(join(cards, name, 'device', 'device'))}`,
    );
  const nvidia = text('/proc/driver/nvidia/version').split('\n')[0];
  const vulkan = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES ?? '';
  return [release(), nvidia, ...devices, vulkan].filter(Boolean).join(', ');
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function text(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
