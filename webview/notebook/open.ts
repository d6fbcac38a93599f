import type { FrameAddress, FromRenderer } from '../../shared/protocol/notebook';

/** Asks for a video at a frame; undefined where nobody listens. */
export type Open = ((message: FromRenderer) => void) | undefined;

/** What a link to a frame is called. */
export function addressInWords({ video, frame, object }: FrameAddress): string {
  const at = frame === undefined ? '' : ` at frame ${frame}`;
  const which = object === undefined ? '' : `, object ${object}`;
  return `Open ${video}${at}${which}`;
}
