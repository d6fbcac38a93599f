import type { FrameIndex, ObjectId, VideoPoint } from '../../protocol';

/** A polygon that is being drawn, in video pixels. */
export interface PolygonDraft {
  readonly frame: FrameIndex;
  readonly object: ObjectId | undefined;
  readonly points: readonly VideoPoint[];
  /** The rest of the outline, where the polygon is an edge of the mask that stands: both together become the mask. */
  readonly others?: readonly (readonly VideoPoint[])[];
}

export function withVertex(draft: PolygonDraft, point: VideoPoint, at = draft.points.length): PolygonDraft {
  return { ...draft, points: draft.points.toSpliced(at, 0, point) };
}

export function withMovedVertex(draft: PolygonDraft, at: number, point: VideoPoint): PolygonDraft {
  return { ...draft, points: draft.points.with(at, point) };
}

/** Undefined once the last vertex is gone. */
export function withoutVertex(draft: PolygonDraft, at = draft.points.length - 1): PolygonDraft | undefined {
  const points = draft.points.toSpliced(at, 1);
  return points.length === 0 ? undefined : { ...draft, points };
}

/** The vertex within `reach` video pixels of a point, the nearest one. */
export function vertexAt({ points }: PolygonDraft, [x, y]: VideoPoint, reach: number): number | undefined {
  let found: number | undefined;
  let nearest = reach;
  points.forEach(([px, py], i) => {
    const distance = Math.hypot(px - x, py - y);
    if (distance > nearest) return;
    nearest = distance;
    found = i;
  });
  return found;
}

/** Where a vertex on the edge under a point would go in; the edge that closes the polygon counts from three on. */
export function edgeAt({ points }: PolygonDraft, [x, y]: VideoPoint, reach: number): number | undefined {
  const edges = points.length > 2 ? points.length : points.length - 1;
  for (let i = 0; i < edges; i++) {
    const [ax, ay] = points[i];
    const [bx, by] = points[(i + 1) % points.length];
    const length = (bx - ax) ** 2 + (by - ay) ** 2;
    if (length === 0) continue;
    const along = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length;
    if (along <= 0 || along >= 1) continue;
    if (Math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay)) <= reach) return i + 1;
  }
  return undefined;
}
