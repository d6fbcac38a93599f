import type { VideoPoint } from '../../../shared/domain/annotations';
import { type Contours, contoursOf } from '../geometry/contours';
import { simplified } from '../geometry/simplify';
import type { EditorParts } from './editorParts';
import { cornerCount, type PolygonDraft, type Ring } from '../tools/polygon';

/** Video pixels that the polygon may be away from the mask's edge at first. */
export const TOLERANCE = 1;
/** Simplifying again doubles it, until nothing but the shape is left. */
const MOST_TOLERANCE = 64;

/** Opens the selected object's mask as polygons: every part of it and every hole. Those that stay untouched change nothing. */
export function editMaskAsPolygon({ store, actions }: EditorParts): void {
  const object = store.selected.value;
  const { frame } = store.view.value;
  if (!object || !actions.mayChange()) return;
  const mask = store.masks.maskOf(object.id, frame);
  if (!mask || mask.area === 0) {
    actions.say(`${store.nameOf(object)} has no mask on frame ${frame}.`);
    return;
  }
  const rings = ringsOf(contoursOf(mask.mask)).map((exact): Ring => ({
    points: simplifiedRing(exact, TOLERANCE),
    exact,
  }));
  if (store.tool.value !== 'polygon') store.toolBefore = store.tool.value;
  store.tool.value = 'polygon';
  store.preview.value = undefined;
  store.polygon.value = { frame, object: object.id, kind: 'outline', rings, tolerance: TOLERANCE };
  actions.say(
    'Drag corners, click an edge to add one, right click to delete; Enter applies, Esc cancels.',
    'polygon',
  );
}

/** Leaves out corners that hardly matter, on every ring; each time more of them. */
export function simplifyPolygon({ store, actions }: EditorParts): void {
  const draft = store.openPolygon.value;
  if (!draft) {
    actions.say('There is no polygon open: Shift+E opens the mask as one.');
    return;
  }
  const before = cornerCount(draft);
  for (let { tolerance = TOLERANCE } = draft; tolerance <= MOST_TOLERANCE; tolerance *= 2) {
    const rings = draft.rings.map((ring) => withFewerCorners(ring, tolerance));
    const fewer: PolygonDraft = { ...draft, rings, tolerance };
    const after = cornerCount(fewer);
    if (after >= before) continue;
    store.polygon.value = fewer;
    actions.say(`${after} corners, from ${before}.`, 'polygon');
    return;
  }
  store.polygon.value = { ...draft, tolerance: TOLERANCE };
  actions.say(`No corner of these ${before} can be left out.`, 'polygon');
}

/**
 * Takes corners of the pixels' own edge again, as few as stay within `tolerance` video pixels of it; 0 takes them all. Rings whose
 * corners were moved stay as they are.
 */
export function setTolerance({ store }: EditorParts, tolerance: number): void {
  const draft = store.openPolygon.value;
  if (draft?.kind !== 'outline') return;
  const rings = draft.rings.map((ring): Ring => {
    const edge = ring.exact ?? ring.edge;
    if (!edge) return ring;
    return tolerance === 0
      ? { points: edge, exact: edge }
      : { points: simplifiedRing(edge, tolerance), edge };
  });
  store.polygon.value = { ...draft, rings, tolerance };
}

function withFewerCorners(ring: Ring, tolerance: number): Ring {
  const points = simplifiedRing(ring.points, tolerance);
  return points.length < ring.points.length ? { points } : ring;
}

function ringsOf({ corners, starts }: Contours): VideoPoint[][] {
  const rings: VideoPoint[][] = [];
  for (let ring = 0; ring + 1 < starts.length; ring++) {
    const points: VideoPoint[] = [];
    for (let i = starts[ring]; i < starts[ring + 1]; i++) points.push([corners[i * 2], corners[i * 2 + 1]]);
    rings.push(points);
  }
  return rings;
}

/** In tenths of a pixel, for contours have whole numbers. */
function simplifiedRing(ring: readonly VideoPoint[], within: number): readonly VideoPoint[] {
  const corners = Int32Array.from(ring.flatMap(([x, y]) => [Math.round(x * 10), Math.round(y * 10)]));
  const contours = { corners, starts: Int32Array.from([0, ring.length]) };
  const [found] = ringsOf(simplified(contours, within * 10));
  const points = found.map(([x, y]): VideoPoint => [x / 10, y / 10]);
  return points.length < 3 ? ring : points;
}
