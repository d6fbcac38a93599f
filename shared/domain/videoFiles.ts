/** The files that are videos by their name. What a file really holds, ffmpeg says when it is opened. */

/** Without the dot, in small letters. The manifest's file patterns hold the same list; a test compares them. */
export const VIDEO_ENDINGS = ['mp4', 'm4v', 'mov', 'mkv', 'webm', 'avi'] as const;

const VIDEO_NAME = new RegExp(`\\.(?:${VIDEO_ENDINGS.join('|')})$`, 'i');

/** @param path a path or a URI's path, with `/` or `\`. */
export function isVideoName(path: string): boolean {
  return VIDEO_NAME.test(path);
}
