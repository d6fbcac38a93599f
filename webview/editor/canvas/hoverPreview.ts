import { AbandonedError } from '../host/hostClient';
import type { Editor } from '../editor';
import { isInside, type Point } from './viewTransform';

/** How long the pointer must rest before what a click there would give is asked for. */
const REST_MS = 120;

/** Shows what a click would give where the pointer rests. Only one question is under way, and the last one counts. */
export class HoverPreview {
  private timer: number | undefined;
  private asking: AbortController | undefined;

  constructor(private readonly editor: Editor) {}

  /** @param point of the video under the pointer; undefined where a click would mean something else. */
  at(point: Point | undefined): void {
    this.dispose();
    const { store } = this.editor;
    store.preview.value = undefined;
    const document = store.document.value;
    if (!point || !document || !isInside(document.video, point)) return;
    // While masks travel, the model has better things to do.
    const idle =
      !document.propagation && store.pending.value.length === 0 && document.model.state === 'ready';
    if (store.tool.value !== 'select' || store.locked.value !== undefined || !idle) return;
    if (store.painted.value !== store.view.value.frame) return;
    this.timer = window.setTimeout(() => void this.ask(point), REST_MS);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.asking = undefined;
  }

  private async ask({ x, y }: Point): Promise<void> {
    const { store } = this.editor;
    const { frame, object } = store.view.value;
    const asking = new AbortController();
    this.asking = asking;
    try {
      const answer = await this.editor.requestPreview(
        { frame, ...(object !== undefined && { object }), points: [{ x, y, label: 1 }] },
        asking.signal,
      );
      const looksElsewhere = store.view.value.frame !== frame || store.view.value.object !== object;
      if (answer && !asking.signal.aborted && !looksElsewhere)
        store.preview.value = { frame, object, mask: answer.mask };
    } catch (error) {
      // A preview is a courtesy: the click itself will say what is wrong.
      if (!(error instanceof AbandonedError)) this.editor.log('warning', `No preview: ${String(error)}`);
    }
  }
}
