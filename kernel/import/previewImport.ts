import { encodeImage } from '../pixels/encodeImage';
import type { ImportPreview } from '../../shared/protocol/dataset';
import { copyOf, drawMasks, overlayStyle } from '../render/overlay';
import type { RgbFrame } from '../video/api';
import type { ImportPlan } from './plan';

/** Longer sides are made smaller: the picture is to be looked at. */
const MAX_DIMENSION = 1280;

/**
 * The first frame that an import has masks or prompts on, with them drawn.
 * @throws MaskletError as the video's source.
 */
export async function previewImport(
  { drawn, result, colors }: ImportPlan,
  frameOf: (frame: number) => Promise<RgbFrame>,
): Promise<ImportPreview> {
  const { frame, masks } = drawn;
  const canvas = copyOf(await frameOf(frame));
  const { width, height } = canvas;
  const objects = result.objects.map(({ id, label }) => ({ id, label, color: colors.get(id) ?? '#ffffff' }));
  const style = overlayStyle(width, height, Math.max(width, height) / MAX_DIMENSION);
  drawMasks(canvas, masks, objects, style);
  const picture = await encodeImage(canvas, 'jpeg', MAX_DIMENSION);
  return { frame, width: picture.width, height: picture.height, picture: picture.data };
}
