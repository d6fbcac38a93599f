// kernel/pixels/edit/: edits of a mask by hand: brush, lasso, grow, fill, interpolate.
import { decodeRle, encodeRle, rleMeasure } from '../../masks/rle';
import type { MaskOperation, RleMask } from '../../../shared/domain/annotations';
import type { MaskShape } from '../postprocess';
import { fillHoles, grow, removeSpecks, shrink } from './cleanUp';
import { drawStroke, fillPolygon, fillRings, type Bitmap } from './draw';

/** A mask after one edit by hand. */
export function editMask(mask: RleMask, operation: MaskOperation): MaskShape {
  const [height, width] = mask.size;
  const bitmap = { data: decodeRle(mask), width, height };
  carryOut(bitmap, operation);
  const edited = encodeRle(bitmap.data, width, height);
  const { area, box } = rleMeasure(edited);
  return { mask: edited, area, bbox: box };
}

function carryOut(bitmap: Bitmap, operation: MaskOperation): void {
  switch (operation.kind) {
    case 'brush':
      return drawStroke(bitmap, operation.points, operation.radius, operation.mode === 'add' ? 1 : 0);
    case 'polygon':
      return fillPolygon(bitmap, operation.points, operation.mode === 'add' ? 1 : 0);
    case 'outline':
      bitmap.data.fill(0);
      return fillRings(bitmap, operation.rings, 1, (winding) => winding % 2 !== 0);
    case 'fillHoles':
      return fillHoles(bitmap, operation.smallerThan);
    case 'removeSpecks':
      return removeSpecks(bitmap, operation.smallerThan);
    case 'grow':
      return grow(bitmap, operation.pixels);
    case 'shrink':
      return shrink(bitmap, operation.pixels);
  }
}
