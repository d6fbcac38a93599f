import type { Category, ExportClip, ExportContext, ExportMask, Exporter, ExportWriter } from '../api';
import { JsonList, writeJsonDocument } from '../jsonList';
import { partPolygons } from '../outline';
import { pictureName, writePicture } from '../pictures';

/**
 * COCO object instances (cocodataset.org, "Data format"): `annotations/instances_<split>.json` and `images/`. Masks are
 * compressed run lengths, or polygons with `shapes: polygons`. Beyond COCO, as video datasets in its format do: images
 * have `video_id` and `frame_id`, annotations a `track_id` that is one object's through the whole export.
 */
export const coco: Exporter = {
  start: (context) => new CocoWriter(context),
};

interface SplitLists {
  readonly videos: JsonList;
  readonly images: JsonList;
  readonly annotations: JsonList;
}

class CocoWriter implements ExportWriter {
  private readonly splits = new Map<string, SplitLists>();
  private videos = 0;
  private images = 0;
  private annotations = 0;
  private tracks = 0;

  constructor(private readonly context: ExportContext) {}

  async clip(clip: ExportClip): Promise<void> {
    const { options } = this.context;
    const lists = await this.lists(clip.split);
    const { width, height } = clip.video;
    const video = ++this.videos;
    await lists.videos.push({ id: video, name: clip.name, width, height });
    for (const frame of clip.frames) {
      const image = ++this.images;
      const fileName = `${clip.name}/${pictureName(frame, options.images)}`;
      await lists.images.push({
        id: image,
        file_name: fileName,
        width,
        height,
        video_id: video,
        frame_id: frame,
      });
      for (const mask of clip.masks(frame)) await lists.annotations.push(this.annotation(mask, image));
      await writePicture(clip, frame, `images/${fileName}`, this.context);
      this.context.frameDone();
    }
    this.tracks += clip.objects.length;
  }

  async finish(categories: readonly Category[]): Promise<void> {
    for (const [split, lists] of this.splits) {
      await writeJsonDocument(this.context.folder, `annotations/instances_${split}.json`, {
        info: { description: 'Exported by Masklet' },
        licenses: [],
        categories: categories.map(({ id, name }) => ({ id, name, supercategory: '' })),
        videos: lists.videos,
        images: lists.images,
        annotations: lists.annotations,
      });
    }
  }

  private annotation({ object, record, occluded }: ExportMask, image: number): object {
    const [x0, y0, x1, y1] = record.bbox;
    const polygons = this.context.options.shapes === 'polygons';
    return {
      id: ++this.annotations,
      image_id: image,
      category_id: object.category.id,
      segmentation: polygons ? partPolygons(record.mask) : record.mask,
      area: record.area,
      bbox: [x0, y0, x1 - x0, y1 - y0],
      iscrowd: 0,
      track_id: this.tracks + object.number,
      attributes: { occluded },
    };
  }

  private async lists(split: string): Promise<SplitLists> {
    let lists = this.splits.get(split);
    if (!lists) {
      const { folder } = this.context;
      lists = {
        videos: await JsonList.create(folder),
        images: await JsonList.create(folder),
        annotations: await JsonList.create(folder),
      };
      this.splits.set(split, lists);
    }
    return lists;
  }
}
