import { batch } from '@preact/signals';
import type { EditorAction } from '../../../shared/actions';
import type { DocumentState, EditorCommand, ViewState } from '../../../shared/protocol/editor';
import type { FrameIndex } from '../../../shared/domain/video';
import type { MaskView } from '../../../shared/domain/annotations';
import type { HostNews } from '../host/hostClient';
import type { Actions } from './actions';
import { masksMayDiffer, withChange, withMasks } from './documentState';
import type { ProposalActions } from './proposalActions';
import { dropGone, takeChanged } from './edited';
import type { EditorStore } from './store';
import { withFrame, withZoom } from './viewState';

/** Takes in what the host says unasked. */
export class News {
  constructor(
    private readonly store: EditorStore,
    private readonly actions: Actions,
    private readonly proposals: ProposalActions,
    /** What this view looked at before it was hidden or reloaded, where the host does not know. */
    private readonly kept: ViewState | undefined,
    private readonly run: (action: EditorAction) => void,
  ) {}

  take(news: HostNews): void {
    batch(() => {
      switch (news.kind) {
        case 'state':
          this.state(news.state, news.view);
          return;
        case 'change':
          if (this.store.document.value)
            this.state(withChange(this.store.document.value, news.change), undefined);
          return;
        case 'changed':
          takeChanged(this.store, news.changed);
          return;
        case 'masks':
          this.masks(news.frame, news.masks);
          return;
        case 'proposing':
          this.proposals.progressed(news.done, news.total);
          return;
        case 'command':
          this.command(news.command);
      }
    });
  }

  private state(document: DocumentState, given: ViewState | undefined): void {
    const { store } = this;
    const before = store.document.value;
    store.view.value = given ?? (before ? store.view.value : (this.kept ?? store.view.value));
    store.document.value = document;
    dropGone(store, document);
    if (before && (document.masksChanged || masksMayDiffer(before, document))) store.masks.outdate();
    if (!document.propagation) store.followPaused.value = false;
  }

  private masks(frame: FrameIndex, masks: readonly MaskView[]): void {
    const { store } = this;
    if (masks.length === 0) {
      store.masks.clear(frame);
      return;
    }
    store.masks.merge(frame, masks);
    const document = store.document.value;
    if (!document) return;
    store.document.value = withMasks(document, frame, masks);
    const travels = masks.some(({ state }) => state === 'propagated' || state === 'absent');
    if (document.propagation && travels && store.following.value)
      store.view.value = withFrame(store.view.value, frame, document.video.frameCount);
  }

  private command(command: EditorCommand): void {
    switch (command.command) {
      case 'goToFrame':
        this.actions.goTo(command.frame, performance.now());
        return;
      case 'step':
        this.actions.step(command.by, this.store.keyTime.askedAt());
        return;
      case 'selectObject':
        this.actions.select(command.object);
        return;
      case 'renameObject':
        this.actions.select(command.object);
        this.actions.startRenaming(command.object);
        return;
      case 'fit':
        this.store.view.value = withZoom(this.store.view.value, undefined);
        return;
      case 'action':
        this.run(command.action);
    }
  }
}
