import type { FrameIndex } from '../../../shared/domain/video';
import type { ObjectId } from '../../../shared/domain/annotations';

/** Long Tasks API, "name" of an entry. */
const OWN_TASKS = new Set(['self', 'multiple-contexts']);

type Report = (name: string, ms: number) => void;

/**
 * Measures what a user waits for: `step`, from a key to the frame painted; `click`, from a click to its mask painted;
 * and `longtask`, the browser's own report of tasks over 50 ms. All times are `performance.now()`.
 *
 * VS Code's window may share the page's thread: its tasks ("cross-origin-ancestor" and the like), and garbage collection of
 * both ("unknown"), are reported here too. Only what ran in this page, or in it and others, is the page's own.
 */
export class Measure {
  private step: { readonly frame: FrameIndex; readonly since: number } | undefined;
  private click:
    { readonly object: ObjectId; readonly frame: FrameIndex; readonly since: number } | undefined;

  constructor(private readonly report: Report) {}

  stepBegan(frame: FrameIndex, since: number): void {
    this.step = { frame, since };
  }

  clickAnswered(object: ObjectId, frame: FrameIndex, since: number): void {
    this.click = { object, frame, since };
  }

  /** @param objects whose masks were painted. */
  painted(frame: FrameIndex, objects: readonly ObjectId[]): void {
    const now = performance.now();
    if (this.step?.frame === frame) {
      this.report('step', now - this.step.since);
      this.step = undefined;
    }
    if (this.click?.frame === frame && objects.includes(this.click.object)) {
      this.report('click', now - this.click.since);
      this.click = undefined;
    }
  }

  watchLongTasks(): void {
    if (!PerformanceObserver.supportedEntryTypes.includes('longtask')) return;
    new PerformanceObserver((list) => {
      for (const { name, duration } of list.getEntries()) {
        if (OWN_TASKS.has(name)) this.report('longtask', duration);
      }
    }).observe({ type: 'longtask', buffered: true });
  }
}
