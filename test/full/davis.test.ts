/**
 * Ground truth of DAVIS comes in, goes out in other formats and comes back, pixel for pixel. Runs where MASKLET_SHARED names
 * a folder with `davis/` in it (JPEGImages/480p and Annotations/480p).
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { KernelSession } from '../../kernel/client/kernelClient';
import { encodeRle, rleArea, rleIou } from '../../kernel/masks/rle';
import type { ExportFormat } from '../../shared/formats';
import type { RleMask } from '../../shared/domain/annotations';
import { startKernel, temporaryFolder } from '../support/kernel';

const { MASKLET_SHARED } = process.env;
const davis = join(MASKLET_SHARED ?? '', 'davis');
const isHere = MASKLET_SHARED !== undefined && existsSync(davis);
if (!isHere) console.warn('The DAVIS tests are skipped: MASKLET_SHARED names no folder with davis/ in it.');

const FORMATS = ['coco', 'ytvis', 'sav'] as const satisfies readonly ExportFormat[];
const sequences = isHere ? readdirSync(join(davis, 'Annotations', '480p')).sort() : [];

/** The masks of a sequence, read without the importer. */
async function truthOf(sequence: string): Promise<RleMask[]> {
  const folder = join(davis, 'Annotations', '480p', sequence);
  const masks: RleMask[] = [];
  for (const name of readdirSync(folder).sort()) {
    const { data, info } = await sharp(join(folder, name))
      .greyscale()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const inside = Uint8Array.from({ length: info.width * info.height }, (_, i) =>
      data[i * info.channels] > 0 ? 1 : 0,
    );
    masks.push(encodeRle(inside, info.width, info.height));
  }
  return masks;
}

/** The lowest IoU of all frames with the ground truth; a frame without the object must have no mask with pixels. */
async function lowestIou(session: KernelSession, truth: readonly RleMask[]): Promise<number> {
  let lowest = 1;
  for (const [frame, expected] of truth.entries()) {
    const masks = (await session.request('frame/masks', { frame })).filter(({ area }) => area > 0);
    expect(masks.length).toBe(rleArea(expected) > 0 ? 1 : 0);
    for (const { mask } of masks) lowest = Math.min(lowest, rleIou(mask, expected));
  }
  return lowest;
}

describe.skipIf(!isHere)('DAVIS ground truth', () => {
  test.each(sequences)(
    '%s: in, out as coco, ytvis and sav, and back with IoU 1.0 on every frame',
    async (sequence) => {
      const path = join(davis, 'JPEGImages', '480p', sequence);
      const truth = await truthOf(sequence);
      const folder = await temporaryFolder();
      const { kernel } = startKernel();
      const dataDir = join(folder, 'data');
      const session = await kernel.open({ path, dataDir });
      const { imported } = await session.request('session/import', { format: 'davis', from: davis });
      expect(imported.masks).toBe(truth.filter((mask) => rleArea(mask) > 0).length);
      expect(await lowestIou(session, truth)).toBe(1);
      await session.request('session/save', {});
      await session.close();
      for (const format of FORMATS) {
        const out = join(folder, format);
        await kernel.request('dataset/export', { paths: [path], dataDir, format, out, images: 'none' });
        const back = await kernel.open({ path, dataDir: join(folder, `back-${format}`) });
        await back.request('session/import', { format, from: out });
        expect([format, await lowestIou(back, truth)]).toEqual([format, 1]);
        await back.close();
      }
    },
    300_000,
  );
});
