import { decodeRle } from '../../masks/rle';
import { alphaFormat } from '../../render/encoders';
import { encodeVideo } from '../../render/videoEncoder';
import type { ExportClip, ExportContext, ExportObject, Exporter } from '../api';
import { frameRate } from '../frameRate';
import { objectFolder } from './masks';

/** `<clip>/<object>.mov` (ProRes 4444) or `.webm` (VP9): the pictures, transparent outside of one object. */
export const cutout: Exporter = {
  passes: (clip) => clip.objects.length,
  start: (context) => ({
    clip: async (clip) => {
      for (const object of clip.objects) await writeCutout(clip, object, context);
    },
    finish: () => Promise.resolve(),
  }),
};

async function writeCutout(clip: ExportClip, object: ExportObject, context: ExportContext): Promise<void> {
  const { folder, options, ffmpeg, signal } = context;
  const { width, height } = clip.video;
  const format = await alphaFormat(ffmpeg, options.codec);
  const path = `${clip.name}/${objectFolder(object.number)}.${format.container}`;
  if (await folder.reuse(path, 'masks')) return;
  const out = folder.place(path);
  const fps = frameRate(clip.video, options.step);
  await encodeVideo({ ffmpeg, out, width, height, fps, signal, format }, async (encoder) => {
    for (const frame of clip.frames) {
      const mask = clip.masks(frame).find((candidate) => candidate.object === object);
      const rgba = new Uint8Array(width * height * 4);
      if (mask) {
        const { data } = await clip.picture(frame);
        const inside = decodeRle(mask.record.mask);
        for (let i = 0; i < inside.length; i++) {
          if (!inside[i]) continue;
          rgba[i * 4] = data[i * 3];
          rgba[i * 4 + 1] = data[i * 3 + 1];
          rgba[i * 4 + 2] = data[i * 3 + 2];
          rgba[i * 4 + 3] = 255;
        }
      }
      await encoder.write(rgba);
      context.frameDone();
    }
  });
}
