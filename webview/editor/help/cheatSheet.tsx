// webview/editor/help/: the sheet of keys.
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../../icon';
import { Button } from '../../toolkit';
import type { Editor } from '../editor';
import { KEY_HELP } from '../state/keymap';

const LEGEND = [
  { sample: 'prompted', text: 'Prompted' },
  { sample: 'masked', text: 'Has a mask' },
  { sample: 'stale', text: 'Stale: prompts changed' },
  { sample: 'verified', text: 'Verified' },
  { sample: 'edited', text: 'Edited by hand' },
  { sample: 'absent', text: 'Absent' },
  { sample: 'suspicious', text: 'Suspicious: look at it' },
  { sample: 'conflict', text: 'Two versions: decide' },
];

/** All keys and what the timeline's signs mean. */
export function CheatSheet({ editor }: { readonly editor: Editor }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { helpOpen } = editor.store;
  useEffect(() => dialog.current?.showModal(), []);
  const close = (): void => {
    helpOpen.value = false;
  };
  return (
    <dialog
      class="cheat-sheet"
      ref={dialog}
      aria-label="Keys"
      onClose={close}
      onClick={(event) => {
        // The backdrop belongs to the dialog: only its children are inside.
        if (event.target === dialog.current) close();
      }}
    >
      <div class="cheat-sheet-body">
        <header>
          <h2>Keys</h2>
          <Button kind="icon" label="Close" title="Close (Esc)" onClick={close}>
            <Icon name="close" />
          </Button>
        </header>
        <div class="cheat-sheet-columns">
          {KEY_HELP.map(({ title, entries }) => (
            <section key={title}>
              <h3>{title}</h3>
              <dl>
                {entries.map(({ keys, does }) => (
                  <div key={does}>
                    <dt>
                      {keys.map((key) => (
                        <kbd key={key}>{key}</kbd>
                      ))}
                    </dt>
                    <dd>{does}</dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
          <section>
            <h3>Timeline</h3>
            <dl>
              {LEGEND.map(({ sample, text }) => (
                <div key={sample}>
                  <dt>
                    <span class={`legend ${sample}`} />
                  </dt>
                  <dd>{text}</dd>
                </div>
              ))}
            </dl>
          </section>
        </div>
      </div>
    </dialog>
  );
}
