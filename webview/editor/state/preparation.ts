import { effect, untracked } from '@preact/signals';
import type { Box } from '../../../shared/domain/annotations';
import type { HostRequests } from '../../../shared/protocol/editor';
import { AbandonedError } from '../host/hostClient';
import type { EditorStore } from './store';

/** How long a frame must be still before the model looks at it. */
const STILL_MS = 400;

/**
 * Has the model look at the frame that is shown once it has been still for a moment, as the first click on a frame else waits
 * for that. The next step takes it back.
 */
export class Preparation {
  private timer: number | undefined;
  private asking: AbortController | undefined;
  private known = '';

  constructor(
    private readonly store: EditorStore,
    private readonly visible: () => Box | undefined,
    private readonly encode: (params: HostRequests['frame/encode'][0], signal: AbortSignal) => Promise<null>,
  ) {
    effect(() => {
      const wanted = this.wanted();
      untracked(() => this.want(wanted));
    });
  }

  /** What a click would be answered from now; undefined where none is to be expected. */
  private wanted(): HostRequests['frame/encode'][0] | undefined {
    const { store } = this;
    const document = store.document.value;
    const { frame, object } = store.view.value;
    if (!document || document.kernel !== 'ready' || document.model.state === 'failed') return undefined;
    if (document.propagation || store.locked.value !== undefined || store.playing.value !== 0)
      return undefined;
    if (store.painted.value !== frame) return undefined;
    const part = this.visible();
    return { frame, ...(object !== undefined && { object }), ...(part && { visible: part }) };
  }

  private want(params: HostRequests['frame/encode'][0] | undefined): void {
    const key = params ? JSON.stringify([params, this.store.document.value?.model.id]) : '';
    if (key === this.known) return;
    this.known = key;
    clearTimeout(this.timer);
    this.asking?.abort();
    this.asking = undefined;
    if (params) this.timer = window.setTimeout(() => void this.ask(params), STILL_MS);
  }

  private async ask(params: HostRequests['frame/encode'][0]): Promise<void> {
    const asking = new AbortController();
    const { lookingAt } = this.store;
    this.asking = asking;
    lookingAt.value = params.frame;
    try {
      await this.encode(params, asking.signal);
    } catch (error) {
      // The click itself will say what is wrong; what was not prepared is when it is looked at again.
      if (error instanceof AbandonedError || this.asking === asking) this.known = '';
    } finally {
      if (this.asking === asking || !this.asking) lookingAt.value = undefined;
    }
  }
}
