import { useEffect, useRef } from 'preact/hooks';
import type { FrameIndex } from '../../../shared/domain/video';
import { MaskPaths } from '../canvas/maskPaths';
import { enterVideo, paintMask } from '../canvas/paint';
import type { Editor } from '../editor';
import { USUAL_OVERLAY } from '../state/viewState';

/** Longest side, in CSS pixels. */
const SIZE = 160;
/** The pointer must rest: it passes many frames on its way. */
const REST_MS = 60;

/** A frame with its masks, small, beside the pointer on the timeline. */
export function Thumbnail({ editor, frame }: { readonly editor: Editor; readonly frame: FrameIndex }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const video = editor.store.document.value?.video;
  const scale = video ? SIZE / Math.max(video.width, video.height) : 1;
  const width = Math.max(1, Math.round((video?.width ?? 1) * scale));
  const height = Math.max(1, Math.round((video?.height ?? 1) * scale));
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(() => {
      paintThumbnail(canvas.current!, editor, frame, scale, stop.signal).catch((error: unknown) => {
        if (!stop.signal.aborted) editor.log('warning', `No thumbnail of frame ${frame}: ${String(error)}`);
      });
    }, REST_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [editor, frame, scale]);
  return (
    <canvas
      class="timeline-thumbnail"
      ref={canvas}
      width={width * window.devicePixelRatio}
      height={height * window.devicePixelRatio}
      style={{ width: `${width}px`, height: `${height}px` }}
    />
  );
}

async function paintThumbnail(
  canvas: HTMLCanvasElement,
  editor: Editor,
  frame: FrameIndex,
  scale: number,
  signal: AbortSignal,
): Promise<void> {
  const ratio = window.devicePixelRatio;
  const [bitmap, masks] = await editor.requestThumbnail(frame, Math.ceil(SIZE * ratio), signal);
  const context = canvas.getContext('2d');
  const document = editor.store.document.value;
  if (signal.aborted || !context || !document) return;
  const transform = { scale, left: 0, top: 0, rotation: 0 } as const;
  const { hidden, overlay = USUAL_OVERLAY, object: selected } = editor.store.view.value;
  const paths = new MaskPaths((mask, error) =>
    editor.log('warning', `The mask of ${mask.object} on frame ${frame} cannot be shown: ${String(error)}`),
  );
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.save();
  enterVideo(context, transform);
  context.drawImage(bitmap, 0, 0, document.video.width, document.video.height);
  context.restore();
  bitmap.close();
  for (const mask of masks) {
    const object = document.objects.find(({ id }) => id === mask.object);
    if (!object || mask.area === 0 || (overlay.solo ? object.id !== selected : hidden.includes(object.id)))
      continue;
    const { opacity, outlineOnly } = overlay;
    paintMask(
      context,
      {
        path: paths.get(mask),
        color: object.color,
        selected: object.id === selected,
        opacity: outlineOnly ? 0 : opacity,
        stale: mask.stale,
      },
      transform,
      ratio,
    );
  }
  canvas.dataset.frame = String(frame);
}
