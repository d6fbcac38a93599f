import { MaskletError } from '../../../shared/protocol/errors';
import { emptyRle } from '../../masks/rle';
import type { ExportClip, ExportContext, ExportObject, Exporter, ExportWriter } from '../api';
import { JsonList, writeJsonDocument } from '../jsonList';

/**
 * SA-V's manual masklets (facebookresearch/sam2, sav_dataset/README.md): `<split>/<clip>_manual.json` with a list over the
 * frames of lists over the objects of run lengths, empty ones where an object has no mask. SA-V knows no labels: they are
 * in `masklet_label`, and the distance of the frames in `frame_step`, both ours.
 */
export const sav: Exporter = {
  start: (context) => new SavWriter(context),
};

/** Areas up to which SA-V calls a masklet small and medium. */
const SMALL = 32 ** 2;
const MEDIUM = 96 ** 2;

/** What SA-V says of one masklet. */
class MaskletSummary {
  private pixels = 0;
  private visible = 0;
  private edited = 0;
  private changes = 0;
  private first: number | undefined;
  private last = false;

  constructor(readonly object: ExportObject) {}

  add(position: number, area: number, edited: boolean): void {
    const visible = area > 0;
    if (visible) this.first ??= position;
    else if (this.first === undefined) return;
    if (position !== this.first && visible !== this.last) this.changes++;
    this.last = visible;
    this.pixels += area;
    if (visible) this.visible++;
    if (edited) this.edited++;
  }

  get meanArea(): number {
    return this.visible > 0 ? this.pixels / this.visible : 0;
  }

  get bucket(): string {
    return this.meanArea < SMALL ? 'small' : this.meanArea < MEDIUM ? 'medium' : 'large';
  }

  get visibilityChanges(): number {
    return this.changes;
  }

  get firstFrame(): number {
    return this.first ?? 0;
  }

  get editedFrames(): number {
    return this.edited;
  }
}

class SavWriter implements ExportWriter {
  constructor(private readonly context: ExportContext) {}

  async clip(clip: ExportClip): Promise<void> {
    const { folder, options } = this.context;
    if (options.step === undefined) {
      throw new MaskletError('export/limit', 'SA-V needs evenly spaced frames.', {
        hint: 'Export all frames, or every n-th.',
      });
    }
    const { width, height, frameCount, fps, timeBase, firstPts, lastPts } = clip.video;
    const empty = emptyRle(width, height);
    const masklets = await JsonList.create(folder);
    const summaries = clip.objects.map((object) => new MaskletSummary(object));
    for (const [position, frame] of clip.frames.entries()) {
      const masks = clip.masks(frame);
      const row = summaries.map((summary) => {
        const record = masks.find((mask) => mask.object === summary.object)?.record;
        const edited = record?.state === 'edited' || record?.state === 'prompted';
        summary.add(position, record?.area ?? 0, edited);
        return record?.mask ?? empty;
      });
      await masklets.push(row);
      this.context.frameDone();
    }
    const seconds = ((lastPts - firstPts) * timeBase[0]) / timeBase[1] + (fps > 0 ? 1 / fps : 0);
    await writeJsonDocument(folder, `${clip.split}/${clip.name}_manual.json`, {
      video_id: clip.name,
      video_duration: seconds,
      video_frame_count: frameCount,
      video_height: height,
      video_width: width,
      video_resolution: width * height,
      video_environment: [],
      video_split: clip.split,
      masklet: masklets,
      masklet_id: summaries.map((_, n) => n),
      masklet_size_rel: summaries.map(({ meanArea }) => meanArea / (width * height)),
      masklet_size_abs: summaries.map(({ meanArea }) => meanArea),
      masklet_size_bucket: summaries.map(({ bucket }) => bucket),
      masklet_visibility_changes: summaries.map(({ visibilityChanges }) => visibilityChanges),
      masklet_first_appeared_frame: summaries.map(({ firstFrame }) => firstFrame),
      masklet_frame_count: summaries.map(() => clip.frames.length),
      masklet_edited_frame_count: summaries.map(({ editedFrames }) => editedFrames),
      masklet_type: summaries.map(() => 'manual'),
      masklet_stability_score: null,
      masklet_num: summaries.length,
      masklet_label: summaries.map(({ object }) => object.label),
      frame_step: options.step,
    });
  }

  async finish(): Promise<void> {
    // Every clip has its own file.
  }
}
