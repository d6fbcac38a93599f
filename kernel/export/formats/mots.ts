import { MaskletError } from '../../../shared/protocol/errors';
import { encodeRle } from '../../masks/rle';
import { encodePng } from '../../render/pngFormat';
import type { ExportClip, ExportContext, ExportObject, Exporter, ExportWriter } from '../api';
import { flatten, overlapWarning } from '../flatten';
import { frameName } from '../pictures';

/** A pixel's number is class * 1000 + object. */
const CLASS_FACTOR = 1000;
/** Class 10 is "ignore this region" to the tools. */
const IGNORED_CLASS = 10;

/**
 * MOTS (vision.rwth-aachen.de/page/mots; mots_tools, mots_common/io.py): `instances/<sequence>/000000.png` with 16-bit
 * numbers, `instances_txt/<sequence>.txt` with lines `frame id class height width run-lengths`, and `<split>.seqmap`. Masks
 * never overlap in it. Its own tools know sequences by numbers and the classes 1 (car) and 2 (pedestrian) only.
 */
export const mots: Exporter = {
  start: (context) => new MotsWriter(context),
};

/** The class of a category: its number, leaving out the one that means something else. */
export function motsClass(category: number): number {
  return category < IGNORED_CLASS ? category : category + 1;
}

/** What the tools call a sequence; a clip's is its place in the export, from 0. */
export function sequenceName(position: number): string {
  return frameName(position, 4);
}

class MotsWriter implements ExportWriter {
  private readonly splits = new Map<string, string[]>();
  private clips = 0;

  constructor(private readonly context: ExportContext) {}

  async clip(clip: ExportClip): Promise<void> {
    const { folder } = this.context;
    const { width, height } = clip.video;
    const sequence = sequenceName(this.clips++);
    const ids = [0, ...clip.objects.map((object) => idOf(object, clip.path))];
    if (clip.objects.some(({ category }) => category.id > 2)) {
      this.context.warn(
        `${clip.path}: the MOTS tools know two classes; read this export with tools that take more.`,
      );
    }
    const text = await folder.text(`instances_txt/${sequence}.txt`);
    let overlapping = 0;
    for (const frame of clip.frames) {
      const masks = clip.masks(frame);
      const { labels, covered } = flatten(masks, width, height);
      if (covered > 0) overlapping++;
      for (const { object, record } of masks) {
        const visible =
          covered === 0
            ? record.mask
            : encodeRle(
                Uint8Array.from(labels, (n) => (n === object.number ? 1 : 0)),
                width,
                height,
              );
        // An object that is covered altogether is not in this frame.
        if (covered > 0 && !labels.includes(object.number)) continue;
        const fields = [
          frame,
          ids[object.number],
          motsClass(object.category.id),
          height,
          width,
          visible.counts,
        ];
        await text.write(`${fields.join(' ')}\n`);
      }
      const values = Uint16Array.from(labels, (number) => ids[number]);
      await folder.write(
        `instances/${sequence}/${frameName(frame, 6)}.png`,
        await encodePng({ width, height, values }),
      );
      this.context.frameDone();
    }
    await text.close();
    if (overlapping > 0) this.context.warn(overlapWarning(clip.path, overlapping));
    // The tools read the first field and the last; the second is for people.
    const line = `${sequence} ${clip.name} ${frameName(0, 6)} ${frameName(clip.video.frameCount - 1, 6)}`;
    const lines = this.splits.get(clip.split);
    if (lines) lines.push(line);
    else this.splits.set(clip.split, [line]);
  }

  async finish(): Promise<void> {
    for (const [split, lines] of this.splits) {
      await this.context.folder.write(`${split}.seqmap`, `${lines.join('\n')}\n`);
    }
  }
}

function idOf({ number, category, label }: ExportObject, clip: string): number {
  const id = motsClass(category.id) * CLASS_FACTOR + number;
  if (number < CLASS_FACTOR && id <= 0xffff) return id;
  throw new MaskletError(
    'export/limit',
    `${clip}: object ${number} ("${label}", class ${category.id}) does not fit into MOTS, which holds 999 objects per clip and 64 classes.`,
    { file: clip, hint: 'Export fewer labels at a time, or to another format.' },
  );
}
