import { isValidRle, rleArea, rleFromCounts } from '../masks/rle';
import { crossingsOf, rleFromPolygons } from '../masks/polygonRle';
import { rleUnionOf } from '../masks/union';
import { MaskletError } from '../../shared/protocol/errors';
import type { ImportWork } from './work';
import type { RleMask } from '../../shared/domain/annotations';
import { sizeText, type Fit, type Size } from './pictureSize';

/** A mask, or the reason why a shape is none: one bad shape leaves the others alone. */
export type Shape = { readonly mask: RleMask } | { readonly problem: string };

export interface FilledPolygons {
  /** Undefined where no polygon fills a pixel. */
  readonly mask?: RleMask;
  /** Of the polygons that were left out, one each. */
  readonly problems: readonly string[];
}

/**
 * Fills polygons (each x0, y0, x1, y1, ...) in the video's size; those that are none are left out.
 * @param fill how; default: by COCO's rule.
 * @throws MaskletError `import/malformed` where the import asks for too much, `cancelled`
 */
export async function fillPolygons(
  polygons: readonly unknown[],
  fit: Fit,
  video: Size,
  where: string,
  work: ImportWork,
  fill: (points: readonly number[], width: number, height: number) => RleMask = cocoRule,
): Promise<FilledPolygons> {
  if (fit.kind === 'turned') return { problems: [turned(fit.from, video)] };
  const good: number[][] = [];
  const problems: string[] = [];
  for (const polygon of polygons) {
    if (
      !Array.isArray(polygon) ||
      !polygon.every((value) => typeof value === 'number' && Number.isFinite(value))
    ) {
      problems.push('polygons that contain something other than numbers');
      continue;
    }
    const points = polygon as number[];
    if (points.length === 0) problems.push('polygons without points');
    else if (points.length % 2 !== 0) problems.push('polygons with an x that has no y');
    else if (points.length < 6) problems.push('polygons of fewer than 3 points');
    else
      good.push(
        fit.kind === 'scaled' ? points.map((value, i) => value * (i % 2 === 0 ? fit.x : fit.y)) : points,
      );
  }
  if (good.length === 0) return { problems };
  const filled: RleMask[] = [];
  for (const polygon of good) {
    await work.turn();
    work.spend(crossingsOf(polygon, video.width), where);
    try {
      const mask = fill(polygon, video.width, video.height);
      if (rleArea(mask) > 0) filled.push(mask);
      else problems.push('polygons that fill no pixel');
    } catch (error) {
      if (!(error instanceof MaskletError)) throw error;
      problems.push('polygons that reach far outside of the picture, or are too long');
    }
  }
  return filled.length === 0 ? { problems } : { mask: rleUnionOf(filled), problems };
}

function cocoRule(points: readonly number[], width: number, height: number): RleMask {
  return rleFromPolygons([points], width, height);
}

/** COCO's run lengths: `{size: [height, width], counts}`, compressed or as a list. They cannot be scaled. */
export function readRle(value: unknown, video: Size): Shape {
  if (typeof value !== 'object' || value === null) return { problem: 'masks that are not run lengths' };
  const { size, counts } = value as { size?: unknown; counts?: unknown };
  if (
    !Array.isArray(size) ||
    size.length !== 2 ||
    !size.every((side) => Number.isSafeInteger(side) && side > 0)
  ) {
    return { problem: 'run lengths without a size' };
  }
  const [height, width] = size as [number, number];
  // Before anything of that size is made.
  if (height !== video.height || width !== video.width)
    return { problem: otherSize({ width, height }, video) };
  const unfit = { problem: 'run lengths that do not fit their size' };
  if (typeof counts === 'string') {
    const mask: RleMask = { size: [height, width], counts };
    return isValidRle(mask) ? { mask } : unfit;
  }
  if (!Array.isArray(counts) || !counts.every((run) => Number.isSafeInteger(run) && run >= 0)) return unfit;
  try {
    return { mask: rleFromCounts(counts as number[], width, height) };
  } catch {
    return unfit;
  }
}

/** Why masks of another size than the video's are not taken. */
export function otherSize(from: Size, video: Size): string {
  return `masks of ${sizeText(from)}, where the video is ${sizeText(video)}: they cannot be scaled exactly`;
}

function turned(from: Size, video: Size): string {
  return `shapes on pictures of ${sizeText(from)}, where the video is ${sizeText(video)}: the pictures lay on their side`;
}
