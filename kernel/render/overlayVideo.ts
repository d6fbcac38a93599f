import { MaskletError, throwIfAborted } from '../../shared/protocol/errors';
import { rgbOf } from './colors';
import { copyOf, drawMasks, overlayStyle, type Canvas, type DrawnObject, type OverlayFrame } from './overlay';
import { placeStamp, TextPainter } from './text';
import { encodeVideo, type VideoEncoder } from './videoEncoder';

export interface OverlayVideoOptions {
  readonly frames: AsyncIterable<OverlayFrame>;
  /** In drawing order: later ones on top. */
  readonly objects: readonly DrawnObject[];
  /** The MP4 to write. */
  readonly out: string;
  /** Frames a second; for a video of variable rate give its mean, which keeps every frame and the whole length. */
  readonly fps: number;
  /** The ffmpeg to run; see `findFfmpeg`. */
  readonly ffmpeg: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number) => void;
}

/**
 * Writes a video of the frames with their masks, each object's name at its mask and the frame's number in the corner.
 * All frames have the size of the first. The file appears only when it is complete; memory does not grow with the video.
 * @returns frames written.
 * @throws MaskletError `input/invalid` without a frame; `ffmpeg/missing`, `ffmpeg/failed`, `storage/*`, `cancelled`.
 */
export async function writeOverlayVideo(options: OverlayVideoOptions): Promise<number> {
  const { objects, out, fps, ffmpeg, signal } = options;
  throwIfAborted(signal);
  const frames = options.frames[Symbol.asyncIterator]();
  try {
    const first = await frames.next();
    if (first.done)
      throw new MaskletError('input/invalid', `There is no frame to write to ${out}.`, { file: out });
    const { width, height } = first.value.rgb;
    const painter = new TextPainter();
    let written = 0;
    const write = async (encoder: VideoEncoder): Promise<void> => {
      for (let next: IteratorResult<OverlayFrame, unknown> = first; !next.done; next = await frames.next()) {
        throwIfAborted(signal);
        const { rgb } = next.value;
        if (rgb.width !== width || rgb.height !== height) {
          throw new MaskletError(
            'input/invalid',
            `Frame ${rgb.index} is ${rgb.width}x${rgb.height}, the frames before it ${width}x${height}.`,
            { file: out },
          );
        }
        await encoder.write((await drawOverlay(next.value, objects, painter)).data);
        written++;
        options.onProgress?.(written);
      }
    };
    await encodeVideo({ ffmpeg, out, width, height, fps: fps > 0 ? fps : 1, signal }, write);
    return written;
  } finally {
    // Lets the source of the frames clean up where it was not read to its end.
    await frames.return?.();
  }
}

/** One frame with masks, names and number, on a copy. */
export async function drawOverlay(
  frame: OverlayFrame,
  objects: readonly DrawnObject[],
  painter: TextPainter,
): Promise<Canvas> {
  const canvas = copyOf(frame.rgb);
  const { width, height } = canvas;
  const size = Math.max(10, Math.round(Math.min(width, height) / 32));
  const drawn = drawMasks(canvas, frame.masks, objects, overlayStyle(width, height));
  for (const { object, box } of drawn) {
    const style = { size, color: inkOn(object.color), plate: object.color, bold: true };
    const stamp = await painter.stamp(object.label || object.id, style);
    placeStamp(canvas, stamp, (box[0] + box[2] - stamp.width) / 2, box[1] - stamp.height - size * 0.4);
  }
  const number = await painter.stamp(`frame ${frame.rgb.index}`, {
    size,
    color: '#ffffff',
    plate: '#101216',
  });
  placeStamp(canvas, number, size * 0.6, height - number.height - size * 0.6);
  return canvas;
}

/** Black or white, whichever can be read on a colour. */
function inkOn(color: string): string {
  const [red, green, blue] = rgbOf(color);
  return 0.299 * red + 0.587 * green + 0.114 * blue > 120 ? '#101216' : '#ffffff';
}
