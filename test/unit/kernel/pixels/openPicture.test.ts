import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { openPicture, pictureOf } from '../../../../kernel/pixels/openPicture';
import { readMaskPng } from '../../../../kernel/render/maskPng';
import { PNG_SIGNATURE, pngChunk } from '../../../../kernel/render/pngFormat';
import { temporaryFolder } from '../../../support/storageFixture';
import { replaceBy, strangeFiles } from '../../../support/strangeFiles';

const plain = sharp({ create: { width: 4, height: 3, channels: 3, background: '#102030' } });

/** A small file that claims many pixels: one bit each, all the same. */
function bomb(width: number, height: number, colorType: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([1, colorType, 0, 0, 0], 8);
  return Buffer.concat([
    PNG_SIGNATURE,
    pngChunk('IHDR', header),
    ...(colorType === 3 ? [pngChunk('PLTE', new Uint8Array(6))] : []),
    pngChunk('IDAT', deflateSync(Buffer.alloc((width / 8 + 1) * height), { level: 9 })),
    pngChunk('IEND', new Uint8Array(0)),
  ]);
}

describe('openPicture', () => {
  it.each(['jpeg', 'png', 'webp', 'tiff', 'gif'] as const)('opens %s, whatever its name', async (kind) => {
    const path = join(temporaryFolder(), '00000.jpg');
    writeFileSync(path, await plain.clone().toFormat(kind).toBuffer());
    expect(await (await openPicture(path)).metadata()).toMatchObject({ format: kind, width: 4, height: 3 });
  });

  it('takes an SVG for no picture, whatever its name', async () => {
    const path = join(temporaryFolder(), '00000.png');
    writeFileSync(
      path,
      '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>',
    );
    await expect(openPicture(path)).rejects.toThrow(/not a picture/);
    expect(() => pictureOf(Buffer.from('  <?xml version="1.0"?><svg/>'))).toThrow(/not a picture/);
  });

  it('decodes no more than a large frame', async () => {
    const path = join(temporaryFolder(), '00000.png');
    writeFileSync(path, bomb(16384, 8192, 0));
    await expect((await openPicture(path)).raw().toBuffer()).rejects.toThrow(/pixel limit/);
  });
});

describe('a mask of a stranger', () => {
  it('that claims more pixels than any frame has is not decoded', async () => {
    for (const colorType of [0, 3]) {
      const path = join(temporaryFolder(), 'mask.png');
      writeFileSync(path, bomb(16384, 8192, colorType));
      await expect(readMaskPng(path)).rejects.toMatchObject({ code: 'input/invalid', file: path });
    }
  });

  it('of another size than the video is not decoded', async () => {
    const path = join(temporaryFolder(), 'mask.png');
    // Its pixels are damaged, which only decoding could tell.
    writeFileSync(path, bomb(1024, 768, 3).fill(0, 80, 100));
    await expect(readMaskPng(path, { width: 320, height: 180 })).rejects.toThrow(
      /is 1024x768, but the video is 320x180/,
    );
  });

  it.skipIf(process.platform === 'win32').each(Object.keys(strangeFiles))(
    'is refused where it is %s',
    async (kind) => {
      const path = join(temporaryFolder(), 'mask.png');
      replaceBy(kind, path);
      await expect(readMaskPng(path)).rejects.toMatchObject({ code: 'file/refused', file: path });
    },
  );
});
