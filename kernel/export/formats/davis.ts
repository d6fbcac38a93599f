import { MaskletError } from '../../../shared/protocol/errors';
import { labelPalette } from '../../render/colors';
import { encodePng } from '../../render/pngFormat';
import type { ExportClip, ExportContext, Exporter, ExportWriter } from '../api';
import { flatten, overlapWarning } from '../flatten';
import { frameName, pictureName, writePicture } from '../pictures';

/** 255 is void to the DAVIS 2017 tools. */
const MAX_OBJECTS = 254;
/** What the tools look for by default; the pictures keep the video's own size. */
const RESOLUTION = '480p';

/**
 * DAVIS 2017 (davischallenge.org; davis2017-evaluation, davis2017/davis.py): `Annotations/480p/<clip>/00000.png` indexed with
 * the DAVIS palette, 0 for the background and n for the n-th object; `JPEGImages/480p/`; `ImageSets/2017/<split>.txt`.
 */
export const davis: Exporter = {
  start: (context) => new DavisWriter(context),
};

class DavisWriter implements ExportWriter {
  private readonly palette = labelPalette();
  private readonly splits = new Map<string, string[]>();

  constructor(private readonly context: ExportContext) {}

  async clip(clip: ExportClip): Promise<void> {
    const { folder, options } = this.context;
    const { width, height } = clip.video;
    if (clip.objects.length > MAX_OBJECTS) {
      throw new MaskletError(
        'export/limit',
        `${clip.path} has ${clip.objects.length} objects; DAVIS holds ${MAX_OBJECTS}.`,
        { file: clip.path, hint: 'Export fewer labels at a time, or to another format.' },
      );
    }
    let overlapping = 0;
    for (const frame of clip.frames) {
      const { labels, covered } = flatten(clip.masks(frame), width, height);
      if (covered > 0) overlapping++;
      const picture = { width, height, values: Uint8Array.from(labels), palette: this.palette };
      await folder.write(
        `Annotations/${RESOLUTION}/${clip.name}/${frameName(frame)}.png`,
        await encodePng(picture),
      );
      const image = `JPEGImages/${RESOLUTION}/${clip.name}/${pictureName(frame, options.images)}`;
      await writePicture(clip, frame, image, this.context);
      this.context.frameDone();
    }
    if (overlapping > 0) this.context.warn(overlapWarning(clip.path, overlapping));
    const names = this.splits.get(clip.split);
    if (names) names.push(clip.name);
    else this.splits.set(clip.split, [clip.name]);
  }

  async finish(): Promise<void> {
    for (const [split, names] of this.splits) {
      await this.context.folder.write(`ImageSets/2017/${split}.txt`, `${names.join('\n')}\n`);
    }
  }
}
