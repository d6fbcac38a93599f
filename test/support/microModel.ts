import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import type { ConfigHints } from '../../models/sam2/recognise';
import { microConfig, writeRandomCheckpoint } from './randomCheckpoint';

const { imageSize, trunk } = microConfig;
const { numHeads, globalBlocks, windows } = trunk;

/** What the tensors of a micro checkpoint do not tell. */
export const microHints: ConfigHints = { imageSize, trunk: { numHeads, globalBlocks, windows } };

/** Writes a micro checkpoint and the configuration file that goes with it. Another `memoryFrames` gives another model. */
export function writeMicroModel(
  folder: string,
  name: string,
  { memoryFrames = microConfig.memoryFrames } = {},
): { readonly checkpoint: string; readonly config: string } {
  const checkpoint = join(folder, `${name}.pt`);
  const config = join(folder, `${name}.json`);
  writeRandomCheckpoint(checkpoint, { ...microConfig, memoryFrames });
  writeFileSync(config, JSON.stringify(microHints));
  return { checkpoint, config };
}
