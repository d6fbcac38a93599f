import type { FrameIndex } from '../../../shared/domain/video';
import type { ObjectId, VideoPoint } from '../../../shared/domain/annotations';

export interface Ring {
  readonly points: readonly VideoPoint[];
  /** The pixels' own edge that the points stand for, as long as none of them was touched. */
  readonly exact?: readonly VideoPoint[];
  /** The same, kept when somebody chose how far the points may be from it: the points are what is meant then. */
  readonly edge?: readonly VideoPoint[];
}

/** A polygon that is being drawn, or the outline of a mask that is being edited, in video pixels. */
export interface PolygonDraft {
  readonly frame: FrameIndex;
  readonly object: ObjectId | undefined;
  /** `polygon`: one ring, still open. `outline`: all edges of the mask, its holes too; they become the mask. */
  readonly kind: 'polygon' | 'outline';
  readonly rings: readonly Ring[];
  /** How far, in video pixels, simplifying has moved the edge so far. */
  readonly tolerance?: number;
}

/** A vertex; for an edge, the vertex that a new one would go before. */
export interface VertexPlace {
  readonly ring: number;
  readonly index: number;
}

/** A ring of an outline with fewer encloses nothing. */
const FEWEST = 3;

export function withVertex(
  draft: PolygonDraft,
  point: VideoPoint,
  at: VertexPlace = { ring: 0, index: draft.rings[0]?.points.length ?? 0 },
): PolygonDraft {
  if (draft.rings.length === 0) return { ...draft, rings: [{ points: [point] }] };
  return changed(draft, at.ring, (points) => points.toSpliced(at.index, 0, point));
}

export function withMovedVertex(draft: PolygonDraft, at: VertexPlace, point: VideoPoint): PolygonDraft {
  return changed(draft, at.ring, (points) => points.with(at.index, point));
}

/**
 * Without the last vertex, where none is named. A ring of an outline that would enclose nothing any more goes with it, but
 * for the last one; undefined once the last vertex of a polygon is gone.
 */
export function withoutVertex(draft: PolygonDraft, at?: VertexPlace): PolygonDraft | undefined {
  const { ring, index } = at ?? { ring: 0, index: draft.rings[0].points.length - 1 };
  const left = draft.rings[ring].points.length - 1;
  if (draft.kind === 'outline' && left < FEWEST)
    return draft.rings.length === 1 ? draft : { ...draft, rings: draft.rings.toSpliced(ring, 1) };
  if (left === 0) return undefined;
  return changed(draft, ring, (points) => points.toSpliced(index, 1));
}

/** The vertex within `reach` video pixels of a point, the nearest one. */
export function vertexAt(
  { rings }: PolygonDraft,
  [x, y]: VideoPoint,
  reach: number,
): VertexPlace | undefined {
  let found: VertexPlace | undefined;
  let nearest = reach;
  rings.forEach(({ points }, ring) => {
    points.forEach(([px, py], index) => {
      const distance = Math.hypot(px - x, py - y);
      if (distance > nearest) return;
      nearest = distance;
      found = { ring, index };
    });
  });
  return found;
}

/** Where a vertex on the nearest edge under a point would go in; the edge that closes a ring counts from three on. */
export function edgeAt({ rings }: PolygonDraft, [x, y]: VideoPoint, reach: number): VertexPlace | undefined {
  let found: VertexPlace | undefined;
  let nearest = reach;
  rings.forEach(({ points }, ring) => {
    const edges = points.length > 2 ? points.length : points.length - 1;
    for (let i = 0; i < edges; i++) {
      const [ax, ay] = points[i];
      const [bx, by] = points[(i + 1) % points.length];
      const length = (bx - ax) ** 2 + (by - ay) ** 2;
      if (length === 0) continue;
      const along = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length;
      if (along <= 0 || along >= 1) continue;
      const distance = Math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay));
      if (distance > nearest) continue;
      nearest = distance;
      found = { ring, index: i + 1 };
    }
  });
  return found;
}

/** What the outline becomes: the pixels' own edge where nothing was touched. */
export function outlineOf({ rings }: PolygonDraft): (readonly VideoPoint[])[] {
  return rings.map(({ points, exact }) => exact ?? points);
}

export function cornerCount({ rings }: PolygonDraft): number {
  return rings.reduce((sum, { points }) => sum + points.length, 0);
}

function changed(
  draft: PolygonDraft,
  ring: number,
  change: (points: readonly VideoPoint[]) => readonly VideoPoint[],
): PolygonDraft {
  const points = change(draft.rings[ring].points);
  return { ...draft, rings: draft.rings.with(ring, { points }) };
}
