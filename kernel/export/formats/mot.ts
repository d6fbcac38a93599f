import type { ExportClip, ExportContext, Exporter, ExportWriter } from '../api';
import { frameRate } from '../frameRate';
import { frameName, writePicture } from '../pictures';

/** Digits of the pictures' names: 000001 is the first. */
const DIGITS = 6;

/**
 * MOTChallenge (arXiv 1603.00831, section 4): `<split>/<clip>/gt/gt.txt` with lines `frame, id, left, top, width, height, 1,
 * class, visibility`, frames and pixels counted from 1, and `seqinfo.ini`. A box is that of the mask; visibility is 1, for the
 * share that is hidden is not known.
 */
export const mot: Exporter = {
  start: (context) => new MotWriter(context),
};

class MotWriter implements ExportWriter {
  constructor(private readonly context: ExportContext) {}

  async clip(clip: ExportClip): Promise<void> {
    const { folder, options } = this.context;
    const sequence = `${clip.split}/${clip.name}`;
    const ending = options.images === 'png' ? '.png' : '.jpg';
    const { width, height, frameCount } = clip.video;
    const text = await folder.text(`${sequence}/gt/gt.txt`);
    for (const frame of clip.frames) {
      for (const { object, record } of clip.masks(frame)) {
        const [x0, y0, x1, y1] = record.bbox;
        const fields = [frame + 1, object.number, x0 + 1, y0 + 1, x1 - x0, y1 - y0, 1, object.category.id, 1];
        await text.write(`${fields.join(',')}\n`);
      }
      await writePicture(
        clip,
        frame,
        `${sequence}/img1/${frameName(frame + 1, DIGITS)}${ending}`,
        this.context,
      );
      this.context.frameDone();
    }
    await text.close();
    const ini = [
      '[Sequence]',
      `name=${clip.name}`,
      'imDir=img1',
      `frameRate=${Math.max(1, Math.round(frameRate(clip.video)))}`,
      `seqLength=${frameCount}`,
      `imWidth=${width}`,
      `imHeight=${height}`,
      `imExt=${ending}`,
    ];
    await folder.write(`${sequence}/seqinfo.ini`, `${ini.join('\n')}\n`);
  }

  /** The classes go by the numbers of the manifest. */
  finish(): Promise<void> {
    return Promise.resolve();
  }
}
