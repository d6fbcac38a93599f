import type { ObjectId } from '../../shared/domain/annotations';
import type { EditMethod, Edits } from '../../shared/edits';

/** A longer pause is not work. */
const IDLE_SECONDS = 30;

/** What one edit took. */
export interface Effort {
  readonly object: ObjectId;
  /** Points, boxes, and commands such as verifying. */
  readonly clicks: number;
  /** Brush strokes and outlines. */
  readonly strokes: number;
  /** Of active work since the edit before, in this clip. */
  readonly seconds: number;
}

type Counts = Pick<Effort, 'clicks' | 'strokes'>;

const CLICK: Counts = { clicks: 1, strokes: 0 };
const STROKE: Counts = { clicks: 0, strokes: 1 };

/**
 * Measures the work on one clip by its edits and by the pointer's visits, which ask for previews: the time between two of them
 * counts unless it is longer than half a minute, and goes to the object that is edited next.
 */
export class EffortMeter {
  private last: number | undefined;
  private pending = 0;

  /** @param now seconds. */
  constructor(private readonly now: () => number = () => performance.now() / 1000) {}

  /** The user is there. */
  seen(): void {
    const now = this.now();
    const since = this.last === undefined ? 0 : now - this.last;
    if (since <= IDLE_SECONDS) this.pending += since;
    this.last = now;
  }

  /** Undefined for what no hand does, such as an import. */
  edited<M extends EditMethod>(method: M, params: Edits[M][0]): Effort | undefined {
    this.seen();
    const counts = countsOf(method, params);
    if (!counts || !('object' in params) || typeof params.object !== 'string') return undefined;
    const seconds = this.pending;
    this.pending = 0;
    return { object: params.object, ...counts, seconds };
  }
}

/** What no hand does, or what only makes room for what follows. */
const NOT_COUNTED: readonly EditMethod[] = ['object/add', 'session/import', 'session/resolveConflicts'];
const DRAWN: readonly string[] = ['brush', 'polygon', 'outline'];

function countsOf<M extends EditMethod>(method: M, params: Edits[M][0]): Counts | undefined {
  if (NOT_COUNTED.includes(method)) return undefined;
  const isStroke = 'operation' in params && DRAWN.includes(params.operation.kind);
  if (isStroke || method === 'object/addMask') return STROKE;
  const points = 'points' in params && Array.isArray(params.points) ? params.points.length : 0;
  if (method === 'object/addBox') return { clicks: 1 + points, strokes: 0 };
  // All points given anew stand for one that was moved or removed.
  if (
    (method !== 'object/addPoints' && method !== 'object/refine') ||
    ('replace' in params && params.replace)
  )
    return CLICK;
  return { clicks: points, strokes: 0 };
}
