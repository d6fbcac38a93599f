import type { VideoPoint } from '../../../shared/domain/annotations';
import type { Editor } from '../editor';
import { promptOf } from '../state/documentState';
import { edgeAt, vertexAt } from '../tools/polygon';
import { handleAt, partsOf } from '../tools/promptHandles';
import type { Grab } from './gesture';
import type { Transform } from './viewTransform';

/** How near the pointer must be, in CSS pixels. */
const REACH = 9;
const EDGE_REACH = 5;

/** What the current tool can take hold of at a point of the video. */
export function grabAt({ store }: Editor, [x, y]: VideoPoint, { scale }: Transform): Grab | undefined {
  const { object, frame } = store.view.value;
  const document = store.document.value;
  if (store.tool.value === 'select') {
    const prompt =
      document && object !== undefined && store.locked.value === undefined
        ? promptOf(document, object, frame)
        : undefined;
    const handle = prompt && handleAt(partsOf(prompt), [x, y], REACH / scale);
    return handle && { kind: 'prompt', handle };
  }
  const draft = store.openPolygon.value;
  if (store.tool.value !== 'polygon' || !draft) return undefined;
  const vertex = vertexAt(draft, [x, y], REACH / scale);
  if (vertex) return { kind: 'vertex', at: vertex };
  const edge = edgeAt(draft, [x, y], EDGE_REACH / scale);
  return edge && { kind: 'edge', at: edge };
}
