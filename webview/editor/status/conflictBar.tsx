import { Icon } from '../../icon';
import type { AnnotationRow } from '../../../shared/domain/annotations';
import { Button } from '../../toolkit';
import type { Editor } from '../editor';
import { titleOf } from '../../../shared/actions';
import { type ConflictEntry, entryWords, ourRows, versionWords } from '../state/conflicts';

/** More than anyone scrolls through; stepping reaches them all. */
const MAX_LISTED = 500;

/** What two sides did differently: where it is, both versions, and the choice. */
export function ConflictBar({ editor }: { readonly editor: Editor }) {
  const { store, conflicts } = editor;
  const entries = store.conflicts.value;
  if (entries.length === 0) return null;
  const open = store.openConflict.value;
  const why = store.locked.value;
  return (
    <section class="banner conflicts" aria-label="Conflicts">
      <Icon name="git-merge" />
      <div class="conflict-where">
        {open ? (
          <ConflictList editor={editor} entries={entries} open={open} />
        ) : (
          <span class="banner-text" role="status">
            {entries.length === 1 ? '1 conflict' : `${entries.length} conflicts`}: someone else changed the
            same annotations. Showing yours.
          </span>
        )}
        <Button
          kind="icon"
          label="Previous conflict"
          title={titleOf('previousConflict')}
          onClick={() => conflicts.step(-1)}
        >
          <Icon name="arrow-up" />
        </Button>
        <Button
          kind="icon"
          label="Next conflict"
          title={titleOf('nextConflict')}
          onClick={() => conflicts.step(1)}
        >
          <Icon name="arrow-down" />
        </Button>
      </div>
      {open && <Sides editor={editor} open={open} />}
      <div class="conflict-choices">
        {open && (
          <>
            <Button title={titleOf('keepMine')} why={why} onClick={() => void conflicts.resolve('ours')}>
              Keep mine
            </Button>
            <Button title={titleOf('takeTheirs')} why={why} onClick={() => void conflicts.resolve('theirs')}>
              Take theirs
            </Button>
          </>
        )}
        <Button
          kind={open ? 'icon' : 'secondary'}
          title={titleOf('keepAllMine')}
          why={why}
          onClick={() => void conflicts.resolveAll('ours')}
        >
          All mine
        </Button>
        <Button
          kind={open ? 'icon' : 'secondary'}
          title={titleOf('takeAllTheirs')}
          why={why}
          onClick={() => void conflicts.resolveAll('theirs')}
        >
          All theirs
        </Button>
        {open && (
          <Button kind="icon" label="Close" title="Close; conflicts stay" onClick={() => conflicts.close()}>
            <Icon name="close" />
          </Button>
        )}
      </div>
    </section>
  );
}

/** Where the others are; choosing one goes there. */
function ConflictList({
  editor,
  entries,
  open,
}: {
  readonly editor: Editor;
  readonly entries: readonly ConflictEntry[];
  readonly open: ConflictEntry;
}) {
  const labels = new Map(editor.store.objects.value.map(({ id, label }) => [id, label]));
  const at = entries.indexOf(open);
  const from = Math.max(0, Math.min(at - MAX_LISTED / 2, entries.length - MAX_LISTED));
  return (
    <select
      aria-label="Conflict"
      value={open.key}
      onChange={({ currentTarget }) => {
        const chosen = entries.find(({ key }) => key === currentTarget.value);
        // The keys are the picture's again.
        currentTarget.blur();
        if (chosen) editor.conflicts.open(chosen);
      }}
    >
      {entries.slice(from, from + MAX_LISTED).map((entry, n) => (
        <option key={entry.key} value={entry.key}>
          {from + n + 1} of {entries.length}: {labels.get(entry.object) ?? `removed object ${entry.object}`},{' '}
          {entryWords(entry)}
        </option>
      ))}
    </select>
  );
}

function Sides({ editor, open }: { readonly editor: Editor; readonly open: ConflictEntry }) {
  const { store } = editor;
  const document = store.document.value!;
  // Masks are no part of the document.
  void store.masks.revision.value;
  const mask = open.range && store.masks.maskOf(open.object, open.range.first);
  const standing: AnnotationRow | undefined = mask && { kind: 'mask', record: mask };
  const theirs = store.theirs.value;
  const color = document.objects.find(({ id }) => id === open.object)?.color;
  return (
    <dl class="conflict-sides" aria-live="polite">
      <div>
        <dt>
          <span class="conflict-sample mine" style={color ? { borderColor: color } : {}} /> Mine
        </dt>
        <dd>{versionWords(ourRows(document, open, standing))}</dd>
      </div>
      <div>
        <dt>
          <span class="conflict-sample theirs" /> Theirs
        </dt>
        <dd>{theirs ? versionWords(open.parts.map(({ kind }) => theirs.rows.get(kind) ?? null)) : '…'}</dd>
      </div>
    </dl>
  );
}
