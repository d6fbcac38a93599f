import type { ObjectId } from '../../../shared/domain/annotations';
import type { Proposal } from '../../../shared/protocol/session';
import type { HostClient } from '../host/hostClient';
import type { Actions } from './actions';
import { proposalAt, stepped, withoutProposal, withPointed } from './proposals';
import type { EditorStore } from './store';

/** Looking for objects that nobody clicked, and making objects of them. Nothing here throws, as in `Actions`. */
export class ProposalActions {
  constructor(
    private readonly store: EditorStore,
    private readonly host: HostClient,
    private readonly actions: Actions,
  ) {}

  /** Looks for what may be objects on the frame that is shown. */
  async propose(): Promise<void> {
    const { store, actions } = this;
    if (!store.document.value || !actions.mayChange()) return;
    this.close();
    const { frame } = store.view.value;
    const cancel = new AbortController();
    store.proposing.value = { frame, done: 0, total: 0, cancel };
    try {
      await actions.attempt(async () => {
        const { proposals } = await this.host.request('frame/propose', { frame }, cancel.signal);
        store.proposals.value = { frame, items: proposals };
        if (proposals.length === 0) actions.say(`Nothing stands out on frame ${frame}: click the object.`);
      });
    } finally {
      if (store.proposing.value?.cancel === cancel) store.proposing.value = undefined;
    }
  }

  /** How far the host has come. */
  progressed(done: number, total: number): void {
    const { proposing } = this.store;
    if (proposing.value) proposing.value = { ...proposing.value, done, total };
  }

  /** Gives up what is looked for or shown; objects that were accepted stay. */
  close(): void {
    const { proposing, proposals } = this.store;
    proposing.value?.cancel.abort();
    proposing.value = undefined;
    proposals.value = undefined;
  }

  /** Shows which proposal a click at a point of the video would accept. @returns whether there is one */
  point(at: { readonly x: number; readonly y: number } | undefined): boolean {
    const shown = this.store.shownProposals.value;
    if (!shown) return false;
    const index = at && proposalAt(shown, at.x, at.y);
    if (index !== shown.at) this.store.proposals.value = withPointed(shown, index);
    return index !== undefined;
  }

  step(by: 1 | -1): void {
    const shown = this.store.shownProposals.value;
    if (shown) this.store.proposals.value = stepped(shown, by);
  }

  /** Makes an object of the proposal that is pointed at or chosen. */
  async accept(): Promise<void> {
    const shown = this.store.shownProposals.value;
    const proposal = shown?.at === undefined ? undefined : shown.items[shown.at];
    if (!shown || !proposal || !this.actions.mayChange()) return;
    await this.makeObject(shown.frame, proposal);
  }

  /** The box and the click become the prompt, so that whoever corrects the object starts from clicks and not from pixels. */
  private async makeObject(frame: number, proposal: Proposal): Promise<void> {
    const { store, actions } = this;
    const object = newObjectId();
    const [x, y] = proposal.point;
    const id = -Date.now();
    store.pending.value = [...store.pending.value, { id, object, frame, points: [], box: proposal.bbox }];
    const shown = store.proposals.value;
    if (shown) store.proposals.value = withoutProposal(shown, proposal);
    await actions.attempt(() =>
      actions.edit('object/addBox', { object, frame, box: proposal.bbox, points: [{ x, y, label: 1 }] }, () =>
        actions.select(object),
      ),
    );
    store.pending.value = store.pending.value.filter((prompt) => prompt.id !== id);
    // The last one has been taken.
    if (store.proposals.value?.items.length === 0) this.close();
  }
}

/** Short and random, as the kernel's own. */
function newObjectId(): ObjectId {
  return Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
