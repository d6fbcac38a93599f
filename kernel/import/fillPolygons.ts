import { crossingsOf, fillPolygon } from '../masks/polygonRle';
import { rleFromCounts } from '../masks/rle';
import { uniteAll } from '../masks/union';
import type { RleMask } from '../../shared/domain/annotations';
import { malformed } from './collect';
import type { ImportWork } from './work';

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Several polygons as one mask, with turns for others between them.
 * @throws MaskletError `import/malformed`, `cancelled`
 */
export async function fillPolygons(
  polygons: readonly (readonly number[])[],
  size: Size,
  where: string,
  work: ImportWork,
): Promise<RleMask> {
  const filled: number[][] = [];
  for (const polygon of polygons) {
    await work.turn();
    filled.push(countsOf(polygon, size, where, work));
  }
  const { width, height } = size;
  return rleFromCounts(uniteAll(filled) ?? [width * height], width, height);
}

/** One polygon as a mask. @throws MaskletError `import/malformed` */
export function fillOne(polygon: readonly number[], size: Size, where: string, work: ImportWork): RleMask {
  return rleFromCounts(countsOf(polygon, size, where, work), size.width, size.height);
}

function countsOf(polygon: readonly number[], size: Size, where: string, work: ImportWork): number[] {
  work.spend(crossingsOf(polygon, size.width), where);
  try {
    return fillPolygon(polygon, size.width, size.height);
  } catch (error) {
    throw malformed(where, error instanceof Error ? error.message.replace(/\.$/, '') : String(error));
  }
}
