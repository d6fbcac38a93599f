import { decodeRle } from '../../masks/rle';
import { encodePng } from '../../render/pngFormat';
import type { ExportClip, ExportContext, ExportMask, Exporter, ExportWriter } from '../api';
import { partOutlines } from '../pixelOutline';
import { frameName, pictureName, writePicture } from '../pictures';

/** A field of a file's own, which labelme keeps: how polygons in it are to be filled. */
export const OUTLINE_KEY = 'masklet_outline';
/** As labelme draws them. */
export const OUTLINE_DRAWN = 'drawn';

/** The version of labelme whose files these are. */
const LABELME_VERSION = '5.5.0';

/**
 * labelme (wkentaro/labelme, labelme/_label_file.py): `<clip>/00000.json` beside each picture. A shape is a bitmap (`mask`,
 * from labelme 5.3 on) or, with `shapes: polygons`, a polygon for each part, as labelme draws it (Pillow's
 * `ImageDraw.polygon`); `group_id` is the object's number in all frames.
 */
export const labelme: Exporter = {
  start: (context) => new LabelmeWriter(context),
};

class LabelmeWriter implements ExportWriter {
  constructor(private readonly context: ExportContext) {}

  async clip(clip: ExportClip): Promise<void> {
    const { folder, options } = this.context;
    for (const frame of clip.frames) {
      const picture = pictureName(frame, options.images);
      const shapes = (await Promise.all(clip.masks(frame).map((mask) => this.shapes(mask)))).flat();
      const document = {
        version: LABELME_VERSION,
        ...(options.shapes === 'polygons' ? { [OUTLINE_KEY]: OUTLINE_DRAWN } : {}),
        flags: {},
        shapes,
        imagePath: picture,
        imageData: null,
        imageHeight: clip.video.height,
        imageWidth: clip.video.width,
      };
      await folder.write(
        `${clip.name}/${frameName(frame)}.json`,
        `${JSON.stringify(document, undefined, 2)}\n`,
      );
      await writePicture(clip, frame, `${clip.name}/${picture}`, this.context);
      this.context.frameDone();
    }
  }

  async finish(): Promise<void> {
    // Every frame has its own file.
  }

  private async shapes({ object, record, occluded }: ExportMask): Promise<object[]> {
    const polygons = this.context.options.shapes === 'polygons';
    const shapes = polygons ? polygonShapes(record.mask) : [await bitmapShape(record)];
    return shapes.map((shape) => ({
      label: object.label,
      ...shape,
      group_id: object.number,
      description: '',
      flags: occluded ? { occluded: true } : {},
    }));
  }
}

/** One for each part: labelme unites the shapes of a group. */
function polygonShapes(mask: ExportMask['record']['mask']): object[] {
  return partOutlines(mask).map((polygon) => ({
    points: Array.from({ length: polygon.length / 2 }, (_, i) => [polygon[2 * i], polygon[2 * i + 1]]),
    shape_type: 'polygon',
    mask: null,
  }));
}

/** The mask's own box; its points are the first and the last pixel in it. */
async function bitmapShape({ mask, bbox: [x0, y0, x1, y1] }: ExportMask['record']): Promise<object> {
  const pixels = decodeRle(mask);
  const frameWidth = mask.size[1];
  const [width, height] = [x1 - x0, y1 - y0];
  const values = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = (y0 + y) * frameWidth + x0;
    values.set(pixels.subarray(from, from + width), y * width);
  }
  const png = await encodePng({ width, height, values: values.map((inside) => inside * 255) });
  return {
    points: [
      [x0, y0],
      [x1 - 1, y1 - 1],
    ],
    shape_type: 'mask',
    mask: png.toString('base64'),
  };
}
