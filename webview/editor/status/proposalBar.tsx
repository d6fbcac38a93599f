import { Icon } from '../../icon';
import { Button } from '../../toolkit';
import type { Editor } from '../editor';

/** Objects that are proposed on the frame, or how far looking for them is. */
export function ProposalBar({ editor }: { readonly editor: Editor }) {
  const { store, proposals } = editor;
  const running = store.proposing.value;
  const shown = store.shownProposals.value;
  if (!running && !(shown && shown.items.length > 0)) return null;
  return (
    <section class="banner proposals" aria-label="Proposed objects">
      <Icon name="sparkle" />
      {running ? (
        <>
          <span class="banner-text" role="status">
            Looking for objects on frame {running.frame}…
          </span>
          <progress
            class="propagation-bar"
            aria-label="Looking for objects"
            value={running.done}
            max={Math.max(1, running.total)}
          />
        </>
      ) : (
        shown && (
          <span class="banner-text" role="status" aria-live="polite">
            {shown.at === undefined
              ? `${shown.items.length} possible objects: click those you want.`
              : `${shown.at + 1} of ${shown.items.length}, ${shown.items[shown.at].area.toLocaleString('en')} pixels.`}{' '}
            <span class="secondary">
              <kbd>↑</kbd> <kbd>↓</kbd> choose, <kbd>Enter</kbd> makes it an object, <kbd>Esc</kbd> ends
            </span>
          </span>
        )
      )}
      {shown && !running && (
        <Button
          why={shown.at === undefined ? 'No proposal is chosen.' : undefined}
          onClick={() => void proposals.accept()}
        >
          Add object
        </Button>
      )}
      <Button kind="secondary" onClick={() => proposals.close()}>
        {running ? 'Cancel' : 'Done'}
      </Button>
    </section>
  );
}
