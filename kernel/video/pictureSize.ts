import { limits } from '../../shared/limits';

/** What `isPictureSize` allows, in words. */
export const PICTURE_SIZES = `pictures of up to ${(limits.picturePixels / 1e6).toFixed(0)} megapixels, no side longer than ${limits.pictureSide}`;

/** Whether a picture of this size is decoded at all: what a file says of it is compared before memory is asked for. */
export function isPictureSize(width: number, height: number): boolean {
  const isSide = (side: number): boolean => Number.isInteger(side) && side > 0 && side <= limits.pictureSide;
  return isSide(width) && isSide(height) && width * height <= limits.picturePixels;
}
