import type { OverlayFrame } from '../../render/overlay';
import { writeOverlayVideo } from '../../render/overlayVideo';
import type { ExportClip, Exporter } from '../api';
import { frameRate } from '../frameRate';

/** `<clip>.mp4` with coloured masks, labels and frame numbers; drawn in the order of the objects. */
export const overlay: Exporter = {
  start: ({ folder, options, ffmpeg, signal, frameDone }) => ({
    clip: async (clip) => {
      const path = `${clip.name}.mp4`;
      if (await folder.reuse(path, 'masks')) return;
      await writeOverlayVideo({
        frames: annotated(clip),
        objects: clip.objects,
        out: folder.place(path),
        fps: frameRate(clip.video, options.step),
        ffmpeg,
        signal,
        onProgress: frameDone,
      });
    },
    finish: () => Promise.resolve(),
  }),
};

async function* annotated(clip: ExportClip): AsyncGenerator<OverlayFrame> {
  for (const frame of clip.frames) {
    const masks = clip.masks(frame).map(({ object, record }) => ({ object: object.id, mask: record.mask }));
    yield { rgb: await clip.picture(frame), masks };
  }
}
