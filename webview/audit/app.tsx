import { Button } from '../toolkit';
import { Icon } from '../icon';
import type { AuditView } from './auditView';
import { Report } from './report';

const ANSWERS = {
  accepted: 'accepted',
  corrected: 'corrected',
  'cannot-tell': 'cannot tell',
  changed: 'changed since it was drawn, left out',
  correcting: 'being corrected',
} as const;

export function App({ audit }: { readonly audit: AuditView }) {
  const state = audit.state.value;
  if (!state) return <p class="late waiting">Loading…</p>;
  const item = audit.item.value;
  const { items, answers, report } = state;
  const isResult = item >= items.length;
  const shown = audit.picture.value;
  const answer = answers[item];
  const isCorrecting = answer === 'correcting';
  return (
    <div class="audit" data-item={item} data-answered={report.answered}>
      <header>
        <progress value={report.answered} max={items.length} aria-label="Answered" />
        <span role="status">
          {report.answered} of {items.length} answered
        </span>
        {!isResult && (
          <span class="secondary place">
            {items[item].label} · {items[item].clip} · frame {items[item].frame}
            {answer && <b> · {ANSWERS[answer]}</b>}
          </span>
        )}
        <span class="space" />
        {!isResult && (
          <>
            <Button
              kind="primary"
              title="Nothing is to be changed (A)"
              onClick={() => void audit.answer('accepted')}
            >
              Accept
            </Button>
            {isCorrecting ? (
              <Button title="The mask is right now (Enter)" onClick={() => void audit.answer('corrected')}>
                Correction Done
              </Button>
            ) : (
              <Button title="Open it in the editor (C)" onClick={() => void audit.answer('correcting')}>
                Correct
              </Button>
            )}
            <Button title="Leave it out (X)" onClick={() => void audit.answer('cannot-tell')}>
              Cannot Tell
            </Button>
          </>
        )}
        <Button
          kind="icon"
          label="Previous mask"
          title="Previous mask (Left)"
          onClick={() => audit.goTo(item - 1)}
        >
          <Icon name="arrow-left" />
        </Button>
        <Button kind="icon" label="Next mask" title="Next mask (Right)" onClick={() => audit.goTo(item + 1)}>
          <Icon name="arrow-right" />
        </Button>
        <Button kind="icon" label="Result" title="Result (End)" onClick={() => audit.goTo(Infinity)}>
          <Icon name="graph" />
        </Button>
      </header>
      {audit.error.value !== undefined && (
        <p class="notice" role="alert">
          <Icon name="warning" /> {audit.error.value}
        </p>
      )}
      {isCorrecting && (
        <p class="notice" role="status">
          Correct the mask in the editor, come back to this tab, and press <kbd>Enter</kbd>.
        </p>
      )}
      {isResult ? (
        <Report report={report} />
      ) : (
        <main class={audit.enlarged.value ? 'enlarged' : ''}>
          {shown?.item === item ? (
            <img
              src={audit.plain.value ? shown.plain : shown.masked}
              alt={`Frame ${items[item].frame} with the mask of ${items[item].label}`}
            />
          ) : (
            <p class="late waiting">Loading…</p>
          )}
        </main>
      )}
      <footer class="secondary">
        <kbd>A</kbd> accept <kbd>C</kbd> correct <kbd>X</kbd> cannot tell <kbd>U</kbd> take back <kbd>M</kbd>{' '}
        without the mask, while held <kbd>Z</kbd> actual size <kbd>End</kbd> result
      </footer>
    </div>
  );
}
