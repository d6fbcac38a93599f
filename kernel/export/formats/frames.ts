import type { Exporter } from '../api';
import { pictureName, writePicture } from '../pictures';

/** The pictures themselves: `<clip>/00000.jpg`. */
export const frames: Exporter = {
  start: (context) => ({
    clip: async (clip) => {
      for (const frame of clip.frames) {
        const name = `${clip.name}/${pictureName(frame, context.options.images)}`;
        await writePicture(clip, frame, name, context);
        context.frameDone();
      }
    },
    finish: () => Promise.resolve(),
  }),
};
