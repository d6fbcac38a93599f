import { Button } from '../toolkit';
import { Icon } from '../icon';
import type { Changes } from './changes';
import { Side } from './side';
import { Strips, countWords } from './strip';

const KINDS = [
  ['changed', 'changed'],
  ['added', 'added'],
  ['removed', 'removed'],
  ['status', 'with another state'],
] as const;

export function App({ changes }: { readonly changes: Changes }) {
  const state = changes.state.value;
  if (!state) return <p class="late waiting">Comparing…</p>;
  const { comparison, unsaved } = state;
  const { revision, counts, problems } = comparison;
  const short = revision.commit.slice(0, 8);
  const notices = [
    ...(changes.error.value === undefined ? [] : [changes.error.value]),
    ...(unsaved ? ['The video has changes that are not saved; these are not compared.'] : []),
    ...problems.map(({ message }) => message),
  ];
  return (
    <div class="changes">
      <header>
        <div class="revision" title={`${revision.author}, ${revision.date}`}>
          Since <b>{short}</b> {revision.subject}
        </div>
        <ul class="counts" aria-label="Masks">
          {KINDS.filter(([kind]) => counts.masks[kind] > 0).map(([kind, words]) => (
            <li key={kind} data-kind={kind}>
              {counts.masks[kind]} {words}
            </li>
          ))}
          <li data-kind="same">{counts.masks.same} the same</li>
        </ul>
        <span class="secondary">
          prompts {countWords(counts.prompts)} · marks {countWords(counts.marks)}
        </span>
        <span class="space" />
        <Button
          kind="icon"
          label="Previous change"
          title="Previous change (,)"
          onClick={() => changes.goToChange(-1)}
        >
          <Icon name="arrow-up" />
        </Button>
        <Button kind="icon" label="Next change" title="Next change (.)" onClick={() => changes.goToChange(1)}>
          <Icon name="arrow-down" />
        </Button>
        <Button onClick={() => changes.chooseRevision()}>Other Revision…</Button>
        <Button
          kind="primary"
          title="Open this frame in the editor (Enter)"
          onClick={() => changes.openEditor()}
        >
          Open in Editor
        </Button>
      </header>
      {notices.map((notice) => (
        <p class="notice" role="status" key={notice}>
          <Icon name="warning" /> {notice}
        </p>
      ))}
      <main>
        <Side changes={changes} which="before" title={short} />
        <Side changes={changes} which="after" title="Working copy" />
      </main>
      <Strips changes={changes} />
    </div>
  );
}
