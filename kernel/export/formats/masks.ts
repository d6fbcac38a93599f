import { decodeRle } from '../../masks/rle';
import { encodePng } from '../../render/pngFormat';
import type { ExportClip, ExportContext, Exporter, ExportWriter } from '../api';
import { frameName } from '../pictures';

/**
 * A black and white PNG an object a frame: `<clip>/<object>/00000.png`, as SA-V's validation set has them, objects from 000
 * (facebookresearch/sam2, sav_dataset/README.md). A black picture says that the object is not there; where there is no
 * picture, it is not annotated.
 */
export const masks: Exporter = {
  start: (context) => new MasksWriter(context),
};

/** The folder of an object, by its number. */
export function objectFolder(number: number): string {
  return frameName(number - 1, 3);
}

class MasksWriter implements ExportWriter {
  constructor(private readonly context: ExportContext) {}

  async clip(clip: ExportClip): Promise<void> {
    const { folder } = this.context;
    const { width, height } = clip.video;
    const black = await encodePng({ width, height, values: new Uint8Array(width * height) });
    for (const frame of clip.frames) {
      const place = (number: number): string =>
        `${clip.name}/${objectFolder(number)}/${frameName(frame)}.png`;
      for (const { object, record } of clip.masks(frame)) {
        const values = decodeRle(record.mask).map((inside) => inside * 255);
        await folder.write(place(object.number), await encodePng({ width, height, values }));
      }
      for (const object of clip.absent(frame)) await folder.write(place(object.number), black);
      this.context.frameDone();
    }
  }

  async finish(): Promise<void> {
    // The objects' labels are in the manifest.
  }
}
