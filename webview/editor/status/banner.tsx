import { useSignal } from '@preact/signals';
import { Icon } from '../../icon';
import { Button } from '../../toolkit';
import type { Editor } from '../editor';

/** What has to be known before anything is done: read-only, what was found on opening, a kernel that is gone. */
export function Banner({ editor }: { readonly editor: Editor }) {
  const dismissed = useSignal<string | undefined>(undefined);
  const expanded = useSignal(false);
  const document = editor.store.document.value;
  if (!document) return null;
  const { readOnly, untrusted, lost, kernel } = document;
  const problems = [...document.problems, ...(document.labels?.problems ?? [])];
  const key = problems.join('\n');
  const [first] = problems;
  return (
    <>
      {editor.hostWatch.silent.value && (
        <div class="banner error" role="alert">
          <Icon name="debug-disconnect" />
          <span class="banner-text">
            The extension host is not responding: it ended, or the connection was lost. Everything shown is
            stored. <a href="command:workbench.action.reloadWindow">Reload the window</a> to continue.
          </span>
        </div>
      )}
      {kernel === 'restarting' && (
        <div class="banner warning" role="status">
          <Icon name="loading" spin />
          <span class="banner-text">
            The kernel stopped and is being started again. Everything finished so far is kept.
          </span>
        </div>
      )}
      {kernel === 'failed' && (
        <div class="banner error" role="alert">
          <Icon name="error" />
          <span class="banner-text">
            The kernel is not running. “Masklet: Restart Kernel” starts it again; “Masklet: Show Kernel Log”
            says why it stopped.
          </span>
        </div>
      )}
      {lost !== undefined && (
        <div class="banner error" role="alert">
          <Icon name="error" />
          <span class="banner-text">{lost}</span>
        </div>
      )}
      {readOnly !== undefined && lost === undefined && (
        <div class="banner info" role="status">
          <Icon name="lock" />
          <span class="banner-text">{readOnly}</span>
          {untrusted && (
            <a class="banner-button" href="command:workbench.trust.manage">
              Manage Trust
            </a>
          )}
        </div>
      )}
      {first !== undefined && dismissed.value !== key && (
        <div class="banner warning" role="status">
          <Icon name="warning" />
          <div class="banner-text">
            {(expanded.value ? problems : [first]).map((problem) => (
              <p key={problem}>{problem}</p>
            ))}
          </div>
          {problems.length > 1 && (
            <Button
              kind="icon"
              pressed={expanded.value}
              onClick={() => {
                expanded.value = !expanded.value;
              }}
            >
              {expanded.value ? 'Fewer' : `${problems.length - 1} more`}
            </Button>
          )}
          <Button
            kind="icon"
            label="Dismiss"
            title="Dismiss"
            onClick={() => {
              dismissed.value = key;
            }}
          >
            <Icon name="close" />
          </Button>
        </div>
      )}
    </>
  );
}
