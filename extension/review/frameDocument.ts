import type { ObjectId } from '../../shared/domain/annotations';
import type { FrameIndex } from '../../shared/domain/video';

/**
 * The scheme of the lists that stand for videos in the Problems panel. VS Code goes from a row there to a line of a text, and
 * tells no custom editor which row was meant: so each suspicious frame is a line of a text, and whoever comes to that line
 * is taken to the frame.
 */
export const FRAMES_SCHEME = 'masklet-frames';

/** A suspicious frame, as a line of the list. */
export interface ListedFrame {
  readonly object: ObjectId;
  readonly frame: FrameIndex;
  /** What the row says. */
  readonly text: string;
}

/** The text of a list: one line for each frame. */
export function textOf(frames: readonly ListedFrame[]): string {
  return frames.map(({ frame, text }) => `${String(frame).padStart(6)}  ${text}`).join('\n');
}
