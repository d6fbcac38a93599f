import { decodeRle } from '../../masks/rle';
import type { MaskRecord } from '../../../shared/domain/annotations';
import type { ExportClip, ExportContext, ExportMask, ExportObject, Exporter, ExportWriter } from '../api';
import type { TextFile } from '../exportFolder';
import { wholePolygon } from '../outline';
import { escapeXml } from '../xml';

/**
 * CVAT for video 1.1 (docs.cvat.ai, "CVAT"; cvat-ai/cvat, dataset_manager/formats/cvat.py): `<clip>.xml`. CVAT has no mask
 * tracks and keeps only the first shape of one, so a mask is a track of its own on a single frame, closed on the next, and
 * `group_id` says whose it is. With `shapes: polygons` an object is one track of polygons. A track without shapes would end
 * CVAT's import in an error.
 */
export const cvat: Exporter = {
  start: (context) => new CvatWriter(context),
};

class CvatWriter implements ExportWriter {
  constructor(private readonly context: ExportContext) {}

  async clip(clip: ExportClip): Promise<void> {
    const file = await this.context.folder.text(`${clip.name}.xml`);
    await file.write('<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n');
    await file.write(this.meta(clip));
    if (this.context.options.shapes === 'polygons') await this.polygonTracks(clip, file);
    else await this.maskShapes(clip, file);
    await file.write('</annotations>\n');
    await file.close();
  }

  async finish(): Promise<void> {
    // Every clip has its own file.
  }

  private meta({ name, video, objects, path }: ExportClip): string {
    const labels = new Map(objects.map((object) => [object.label, object.color]));
    for (const label of labels.keys()) {
      if (escapeXml(label).lossy)
        this.context.warn(`${path}: the label ${JSON.stringify(label)} has characters that XML cannot hold.`);
    }
    const text = (value: string): string => escapeXml(value).text;
    return [
      '  <meta>',
      '    <task>',
      `      <name>${text(name)}</name>`,
      `      <size>${video.frameCount}</size>`,
      '      <mode>interpolation</mode>',
      '      <start_frame>0</start_frame>',
      `      <stop_frame>${video.frameCount - 1}</stop_frame>`,
      '      <labels>',
      ...[...labels].map(
        ([label, color]) =>
          `        <label><name>${text(label)}</name><color>${text(color)}</color><type>any</type><attributes></attributes></label>`,
      ),
      '      </labels>',
      '      <original_size>',
      `        <width>${video.width}</width>`,
      `        <height>${video.height}</height>`,
      '      </original_size>',
      '    </task>',
      '  </meta>\n',
    ].join('\n');
  }

  private async maskShapes(clip: ExportClip, file: TextFile): Promise<void> {
    let track = 0;
    for (const frame of clip.frames) {
      for (const mask of clip.masks(frame)) {
        await file.write(openTrack(track++, mask.object));
        await file.write(maskElement(mask, frame, false));
        // Else it would stand on all frames that follow.
        if (frame + 1 < clip.video.frameCount) await file.write(maskElement(mask, frame + 1, true));
        await file.write('  </track>\n');
      }
      this.context.frameDone();
    }
  }

  private async polygonTracks(clip: ExportClip, file: TextFile): Promise<void> {
    const seen = new Set(clip.frames.flatMap((frame) => clip.masks(frame).map(({ object }) => object)));
    for (const [n, object] of clip.objects.filter((candidate) => seen.has(candidate)).entries()) {
      await file.write(openTrack(n, object));
      let last: { points: string; frame: number } | undefined;
      for (const frame of clip.frames) {
        const mask = clip.masks(frame).find((candidate) => candidate.object === object);
        if (last && (!mask || frame > last.frame + 1)) {
          await file.write(polygonElement(last.points, last.frame + 1, true, false));
          last = undefined;
        }
        if (mask) {
          const points = pointsOf(mask.record);
          await file.write(polygonElement(points, frame, false, mask.occluded));
          last = { points, frame };
        }
        if (n === 0) this.context.frameDone();
      }
      if (last && last.frame + 1 < clip.video.frameCount) {
        await file.write(polygonElement(last.points, last.frame + 1, true, false));
      }
      await file.write('  </track>\n');
    }
  }
}

function openTrack(id: number, object: ExportObject): string {
  return `  <track id="${id}" label="${escapeXml(object.label).text}" source="semi-auto" group_id="${object.number}">\n`;
}

function maskElement({ object, record, occluded }: ExportMask, frame: number, outside: boolean): string {
  const [x0, y0, x1, y1] = record.bbox;
  const place = `left="${x0}" top="${y0}" width="${x1 - x0}" height="${y1 - y0}"`;
  return `    <mask frame="${frame}" outside="${outside ? 1 : 0}" occluded="${occluded ? 1 : 0}" keyframe="1" rle="${rowRuns(record).join(', ')}" ${place} z_order="${object.number}"></mask>\n`;
}

/** Run lengths of a mask in its own box, along the rows, the first of pixels outside. */
export function rowRuns({ mask, bbox: [x0, y0, x1, y1] }: Pick<MaskRecord, 'mask' | 'bbox'>): number[] {
  const pixels = decodeRle(mask);
  const width = mask.size[1];
  const runs: number[] = [];
  let [value, length] = [0, 0];
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      if (pixels[y * width + x] !== value) {
        runs.push(length);
        [value, length] = [1 - value, 0];
      }
      length++;
    }
  }
  runs.push(length);
  return runs;
}

function polygonElement(points: string, frame: number, outside: boolean, occluded: boolean): string {
  return `    <polygon frame="${frame}" outside="${outside ? 1 : 0}" occluded="${occluded ? 1 : 0}" keyframe="1" points="${points}" z_order="0"></polygon>\n`;
}

function pointsOf(record: MaskRecord): string {
  const polygon = wholePolygon(record.mask);
  const points: string[] = [];
  for (let i = 0; i < polygon.length; i += 2) {
    points.push(`${polygon[i].toFixed(2)},${polygon[i + 1].toFixed(2)}`);
  }
  return points.join(';');
}
