import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { tryProvider } from '../../kernel/engine/providers/trial';
import { buildModel } from '../../models/sam2/build';
import { microHints } from '../support/microModel';
import { microConfig, microEdgeTam, writeRandomCheckpoint } from '../support/randomCheckpoint';

/** A software Vulkan driver, which Debian's package `chromium` carries. */
const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';
const isHere = existsSync(swiftShader);
if (!isHere)
  console.log(`WebGPU is not tried: there is no ${swiftShader} (apt-get install chromium libvulkan1).`);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'masklet-webgpu-'));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

describe.skipIf(!isHere)('WebGPU on a software driver', () => {
  it.each([
    ['SAM 2.1', microConfig, microHints],
    ['EdgeTAM', microEdgeTam, { imageSize: microEdgeTam.imageSize }],
  ])(
    'gives what the CPU gives with every graph of %s',
    async (name, config, hints) => {
      vi.stubEnv('VK_DRIVER_FILES', swiftShader);
      // What it was called before.
      vi.stubEnv('VK_ICD_FILENAMES', swiftShader);
      const checkpoint = join(folder, `${name}.pt`);
      writeRandomCheckpoint(checkpoint, config);
      const options = { cacheFolder: join(folder, 'cache'), sha256: name, hints };
      const { graphs: reference } = await buildModel(checkpoint, options);
      const { graphs: float32 } = await buildModel(checkpoint, { ...options, plainAttention: true });
      const outcome = await tryProvider(
        {
          provider: 'webgpu',
          threads: 1,
          work: { workload: { kind: 'sam2', config }, graphs: { float32 }, reference },
        },
        { patienceMs: 600_000 },
      );
      if (!('result' in outcome)) throw new Error(outcome.refused);
      const { figures, failures } = outcome.result;
      expect(failures).toEqual({});
      expect(figures.float32?.wrong).toBeUndefined();
      expect(figures.float32?.error).toBeLessThan(1e-3);
      const ran = ['image_encoder', 'mask_decoder', 'memory_attention', 'memory_encoder'];
      expect(Object.keys(figures.float32?.ms ?? {}).sort()).toEqual(ran);
    },
    1_200_000,
  );
});
