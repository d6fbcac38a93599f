import type { MaskRecord } from '../../../shared/domain/annotations';
import type { Category, ExportClip, ExportContext, Exporter, ExportWriter } from '../api';
import { JsonList, writeJsonDocument } from '../jsonList';
import { pictureName, writePicture } from '../pictures';

/**
 * YouTube-VIS (youtube-vos.org/dataset/vis, 2021's layout): `<split>/instances.json` and `<split>/JPEGImages/`. One
 * annotation an object, with lists over the frames that are null where the object has no mask. Masks are compressed run
 * lengths, which its tools (youtubevos/cocoapi, ytvos.py) take as well as their own lists. An object without a mask on any
 * of the frames is left out: ytvoseval.py would count it as one that was missed.
 */
export const ytvis: Exporter = {
  start: (context) => new YtvisWriter(context),
};

class YtvisWriter implements ExportWriter {
  private readonly splits = new Map<string, { videos: JsonList; annotations: JsonList }>();
  private videos = 0;
  private annotations = 0;

  constructor(private readonly context: ExportContext) {}

  async clip(clip: ExportClip): Promise<void> {
    const { options, folder } = this.context;
    let lists = this.splits.get(clip.split);
    if (!lists) {
      lists = { videos: await JsonList.create(folder), annotations: await JsonList.create(folder) };
      this.splits.set(clip.split, lists);
    }
    const { width, height } = clip.video;
    const video = ++this.videos;
    const names: string[] = [];
    const tracks = clip.objects.map(() => [] as (MaskRecord | null)[]);
    for (const frame of clip.frames) {
      const name = `${clip.name}/${pictureName(frame, options.images)}`;
      names.push(name);
      const masks = clip.masks(frame);
      clip.objects.forEach((object, n) => {
        tracks[n].push(masks.find((mask) => mask.object === object)?.record ?? null);
      });
      await writePicture(clip, frame, `${clip.split}/JPEGImages/${name}`, this.context);
      this.context.frameDone();
    }
    await lists.videos.push({ id: video, width, height, length: names.length, file_names: names });
    for (const [n, object] of clip.objects.entries()) {
      const records = tracks[n];
      if (records.every((record) => record === null)) continue;
      await lists.annotations.push({
        id: ++this.annotations,
        video_id: video,
        category_id: object.category.id,
        width,
        height,
        length: names.length,
        iscrowd: 0,
        segmentations: records.map((record) => record?.mask ?? null),
        bboxes: records.map((record) => record && boxOf(record)),
        areas: records.map((record) => record?.area ?? null),
      });
    }
  }

  async finish(categories: readonly Category[]): Promise<void> {
    for (const [split, { videos, annotations }] of this.splits) {
      await writeJsonDocument(this.context.folder, `${split}/instances.json`, {
        info: { description: 'Exported by Masklet' },
        licenses: [],
        categories: categories.map(({ id, name }) => ({ id, name, supercategory: 'object' })),
        videos,
        annotations,
      });
    }
  }
}

/** x, y, width, height */
function boxOf({ bbox: [x0, y0, x1, y1] }: MaskRecord): number[] {
  return [x0, y0, x1 - x0, y1 - y0];
}
