import type { Category, ExportClip, ExportContext, Exporter, ExportMask, ExportWriter } from '../api';
import { pixelOutline } from '../pixelOutline';
import { frameName, pictureName, writePicture } from '../pictures';

/** Decimals that tell places in pixels apart in every picture that there is. */
const DECIMALS = 7;

/**
 * Ultralytics YOLO segmentation (docs.ultralytics.com, "Instance Segmentation Datasets Overview"): `images/<split>/`,
 * `labels/<split>/*.txt` with a line an object, its class from 0 and one polygon in shares of the picture, and `data.yaml`.
 * An object has one polygon, for a reader that draws with OpenCV (`pixelOutline`): its parts and holes are joined by cuts.
 */
export const yoloSeg: Exporter = {
  start: (context) => new YoloWriter(context, ({ record }) => pixelOutline(record.mask)),
};

/** The same for detection ("Object Detection Datasets Overview"): an object is the middle and the size of its mask's box. */
export const yolo: Exporter = {
  start: (context) =>
    new YoloWriter(context, ({ record: { bbox } }) => {
      const [x0, y0, x1, y1] = bbox;
      return [(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0];
    }),
};

class YoloWriter implements ExportWriter {
  private readonly splits = new Set<string>();

  /** @param shape x, y, x, y, ... in pixels of what stands for a mask. */
  constructor(
    private readonly context: ExportContext,
    private readonly shape: (mask: ExportMask) => readonly number[],
  ) {}

  async clip(clip: ExportClip): Promise<void> {
    const { folder, options } = this.context;
    const { width, height } = clip.video;
    this.splits.add(clip.split);
    for (const frame of clip.frames) {
      const lines = clip.masks(frame).map((mask) => {
        const points = this.shape(mask).map((value, i) =>
          Number((value / (i % 2 === 0 ? width : height)).toFixed(DECIMALS)),
        );
        return `${mask.object.category.id - 1} ${points.join(' ')}\n`;
      });
      await folder.write(`labels/${clip.split}/${clip.name}_${frameName(frame)}.txt`, lines.join(''));
      const picture = `images/${clip.split}/${clip.name}_${pictureName(frame, options.images)}`;
      await writePicture(clip, frame, picture, this.context);
      this.context.frameDone();
    }
  }

  async finish(categories: readonly Category[]): Promise<void> {
    const { folder, warn } = this.context;
    const known = [...this.splits];
    const train = this.splits.has('train') ? 'train' : known[0];
    const val = this.splits.has('val') ? 'val' : train;
    if (val !== 'val') warn(`There is no split "val"; data.yaml validates on "${train}".`);
    // Ultralytics knows no other splits; as keys they might mean something else to it.
    const others = known.filter((split) => ![train, val, 'test'].includes(split));
    if (others.length > 0) {
      warn(
        `data.yaml names train, val and test; in images/ and labels/ there are also: ${others.join(', ')}.`,
      );
    }
    // A JSON string is a YAML one.
    const place = (split: string): string => JSON.stringify(`images/${split}`);
    const lines = [
      `train: ${place(train)}`,
      `val: ${place(val)}`,
      ...(this.splits.has('test') ? [`test: ${place('test')}`] : []),
      'names:',
      ...categories.map(({ id, name }) => `  ${id - 1}: ${JSON.stringify(name)}`),
    ];
    await folder.write('data.yaml', `${lines.join('\n')}\n`);
  }
}
