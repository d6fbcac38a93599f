import sharp from 'sharp';
import { encodeRle, rleMeasure } from '../../kernel/masks/rle';
import { Scene } from '../../kernel/sample/scene';
import type { HostRequests } from '../../shared/protocol/editor';
import type { MaskView } from '../../shared/domain/annotations';

const WIDTH = 1280;
const HEIGHT = 720;

/** A frame of our own sample scene with five fish: its picture as the host sends it, and their exact masks. */
export interface Pond {
  readonly width: number;
  readonly height: number;
  readonly picture: HostRequests['frame/image'][1];
  /** As tracked, of the n-th fish on any frame. */
  mask(n: number, object: string, frame: number, change?: Partial<MaskView>): MaskView;
}

/** @param frame of the scene's sixty. */
export async function drawPond(frame: number): Promise<Pond> {
  const scene = new Scene({ width: WIDTH, height: HEIGHT, objects: 5, seed: 4, occlusion: 'none' });
  const { rgb, masks } = scene.frame(frame);
  const data = await sharp(rgb, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
  return {
    width: WIDTH,
    height: HEIGHT,
    picture: { data, width: WIDTH, height: HEIGHT, mime: 'image/jpeg' },
    mask: (n, object, at, change = {}) => {
      const mask = encodeRle(masks[n], WIDTH, HEIGHT);
      const { area, box } = rleMeasure(mask);
      return {
        object,
        frame: at,
        pts: at * 512,
        mask,
        bbox: box,
        area,
        iou: 0.96,
        objectScore: 0.98,
        state: 'propagated',
        verified: false,
        stale: false,
        provenance: null,
        ...change,
      };
    },
  };
}
