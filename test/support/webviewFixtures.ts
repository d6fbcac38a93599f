import { emptyRle, encodeRle } from '../../kernel/masks/rle';
import type { DocumentState } from '../../shared/protocol/editor';
import {
  emptyStatus,
  type MaskView,
  type ObjectRecord,
  type ObjectStatus,
} from '../../shared/domain/annotations';

export function documentState(change: Partial<DocumentState> = {}): DocumentState {
  return {
    video: {
      path: '/clips/clip.mp4',
      frameCount: 60,
      width: 320,
      height: 240,
      fps: 25,
      timeBase: [1, 12800],
      variableRate: false,
    },
    objects: [],
    status: [],
    prompts: [],
    marks: [],
    conflicts: [],
    suspicions: [],
    model: { id: 'sam2-tiny-embedded', state: 'ready', provider: 'cpu' },
    kernel: 'ready',
    problems: [],
    ...change,
  };
}

export function objectRecord(id: string, label: string, color: string): ObjectRecord {
  return { id, label, color, attributes: {} };
}

export function objectStatus(object: string, change: Partial<ObjectStatus> = {}): ObjectStatus {
  return { ...emptyStatus(object), ...change };
}

/** A mask of one rectangle, `x1` and `y1` exclusive; none where the box is left out. */
export function maskView(
  object: string,
  frame: number,
  [width, height]: readonly [number, number],
  box: readonly [number, number, number, number] | undefined,
  change: Partial<MaskView> = {},
): MaskView {
  const pixels = new Uint8Array(width * height);
  const [x0, y0, x1, y1] = box ?? [0, 0, 0, 0];
  for (let y = y0; y < y1; y++) pixels.fill(1, y * width + x0, y * width + x1);
  return {
    object,
    frame,
    pts: frame,
    mask: box ? encodeRle(pixels, width, height) : emptyRle(width, height),
    bbox: [x0, y0, x1, y1],
    area: (x1 - x0) * (y1 - y0),
    iou: 0.93,
    objectScore: 0.99,
    state: 'prompted',
    verified: false,
    stale: false,
    provenance: null,
    ...change,
  };
}
