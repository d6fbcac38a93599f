/** The files that are videos by their name. What a file really holds, ffmpeg says when it is opened. */

/** Without the dot, in small letters. The manifest's file patterns hold the same list; a test compares them. */
export const VIDEO_ENDINGS = ['mp4', 'm4v', 'mov', 'mkv', 'webm', 'avi'] as const;

/** Pictures that are frames: alone, or numbered in a folder. Without the dot, in small letters. */
export const IMAGE_ENDINGS = ['jpg', 'jpeg', 'png', 'webp'] as const;

const IMAGE_NAME = new RegExp(`\\.(?:${IMAGE_ENDINGS.join('|')})$`, 'i');
const VIDEO_NAME = new RegExp(`\\.(?:${VIDEO_ENDINGS.join('|')})$`, 'i');

/** @param path a path or a URI's path, with `/` or `\`. */
export function isVideoName(path: string): boolean {
  return VIDEO_NAME.test(path);
}

/** True for a picture that can be opened as a clip of one frame, or be a frame of a folder. @param path as `isVideoName` */
export function isImageName(path: string): boolean {
  return IMAGE_NAME.test(path);
}
