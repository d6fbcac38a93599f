import type { VideoPoint } from '../../protocol';
import { type Contours, contoursOf } from '../canvas/contours';
import { simplified } from '../canvas/simplify';
import type { Editor } from '../editor';

/** Video pixels that the polygon may be away from the mask's edge at first. */
const TOLERANCE = 1;
/** Simplifying again doubles it, until nothing but the shape is left. */
const MOST_TOLERANCE = 64;

let tolerance = TOLERANCE;

/** Opens the longest edge of the selected object's mask as a polygon; holes and other parts stay as they are. */
export function editMaskAsPolygon({ store, actions }: Editor): void {
  const object = store.selected.value;
  const { frame } = store.view.value;
  if (!object || !actions.mayChange()) return;
  const mask = store.masks.maskOf(object.id, frame);
  if (!mask || mask.area === 0) {
    actions.say(`${store.nameOf(object)} has no mask on frame ${frame}.`);
    return;
  }
  const rings = ringsOf(contoursOf(mask.mask));
  const longest = rings.toSorted((a, b) => areaOf(b) - areaOf(a))[0];
  tolerance = TOLERANCE;
  store.tool.value = 'polygon';
  store.preview.value = undefined;
  store.polygon.value = {
    frame,
    object: object.id,
    points: simplifiedRing(longest, tolerance),
    others: rings.filter((ring) => ring !== longest),
  };
  actions.say('Drag corners, click an edge to add one, right click to delete; Enter takes it, Esc gives up.');
}

/** Leaves out corners that hardly matter; each time more of them. */
export function simplifyPolygon({ store, actions }: Editor): void {
  const draft = store.openPolygon.value;
  if (!draft) {
    actions.say('There is no polygon open: Shift+E opens the mask as one.');
    return;
  }
  const before = draft.points.length;
  for (; tolerance <= MOST_TOLERANCE; tolerance *= 2) {
    const points = simplifiedRing(draft.points, tolerance);
    if (points.length < 3 || points.length >= before) continue;
    store.polygon.value = { ...draft, points };
    actions.say(`${points.length} corners, from ${before}.`);
    return;
  }
  tolerance = TOLERANCE;
  actions.say(`No corner of these ${before} can be left out.`);
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
function simplifiedRing(ring: readonly VideoPoint[], within: number): VideoPoint[] {
  const corners = Int32Array.from(ring.flatMap(([x, y]) => [Math.round(x * 10), Math.round(y * 10)]));
  const contours = { corners, starts: Int32Array.from([0, ring.length]) };
  const [found] = ringsOf(simplified(contours, within * 10));
  const points = found.map(([x, y]): VideoPoint => [x / 10, y / 10]);
  return points.length < 3 ? [...ring] : points;
}

function areaOf(ring: readonly VideoPoint[]): number {
  let twice = 0;
  ring.forEach(([x, y], i) => {
    const [nx, ny] = ring[(i + 1) % ring.length];
    twice += x * ny - nx * y;
  });
  return Math.abs(twice) / 2;
}
