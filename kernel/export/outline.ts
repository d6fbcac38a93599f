import { joinRings, toParts, traceRings, type Ring } from '../masks/rings';
import { decodeRle } from '../masks/rle';
import type { RleMask } from '../../shared/domain/annotations';

/** One polygon for each connected part, its holes cut out of it; vertices are pixel corners. */
export function partPolygons(mask: RleMask): Ring[] {
  return toParts(rings(mask)).map(({ outer, holes }) => joinRings([outer, ...holes]));
}

/** The whole mask as one polygon, its parts joined by cuts of no width. */
export function wholePolygon(mask: RleMask): Ring {
  return joinRings(rings(mask));
}

function rings(mask: RleMask): Ring[] {
  const [height, width] = mask.size;
  return traceRings(decodeRle(mask), width, height);
}
