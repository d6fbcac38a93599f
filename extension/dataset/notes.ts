import * as vscode from 'vscode';
import { REVIEW_STATES, REVIEW_WORDS, type Note } from '../../shared/domain/review';
import type { ClipReview } from '../../shared/protocol/dataset';
import { placed, type Targets } from './targets';
import type { EditorPanel } from '../editor/editorPanel';
import type { EditorRegistry } from '../editor/registry';
import { filePlace } from '../kernel/filePlace';
import type { KernelService } from '../kernel/kernelService';
import { showFrame } from '../review/showFrame';

/** Asks how far the review of clips is, and writes it into their sidecars. */
export async function setReview(targets: Targets, kernel: KernelService): Promise<void> {
  const none = { label: 'None', description: 'not under review', state: null };
  const items = [
    ...REVIEW_STATES.map((state) => ({ label: capital(REVIEW_WORDS[state]), description: '', state })),
    none,
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title: `Set Review State: ${targets.name}`,
    placeHolder: 'How far is the review?',
  });
  if (!picked) return;
  const { changed } = await kernel.request('dataset/setReview', { ...placed(targets), state: picked.state });
  const clips = changed.length === 1 ? '1 clip is' : `${changed.length} clips are`;
  vscode.window.setStatusBarMessage(
    `${clips} ${picked.state === null ? 'no longer under review' : `now ${REVIEW_WORDS[picked.state]}`}`,
    5_000,
  );
}

/** Writes a note on the frame that is shown, its selected object, or the whole clip. */
export async function addNote(panel: EditorPanel, kernel: KernelService): Promise<void> {
  const { frame, object } = panel.view;
  const range = { first: frame, last: frame };
  const label = panel.document.state.objects.find(({ id }) => id === object)?.label;
  const places = [
    { label: `Frame ${frame}`, place: { range } },
    ...(object === undefined || label === undefined
      ? []
      : [
          { label: `${label} on Frame ${frame}`, place: { range, object } },
          { label: `${label} on All Frames`, place: { object } },
        ]),
    { label: 'The Whole Clip', place: {} },
  ];
  const title = 'Add Note';
  const picked = await vscode.window.showQuickPick(places, { title, placeHolder: 'What is the note about?' });
  if (!picked) return;
  const text = await vscode.window.showInputBox({
    title: `${title}: ${picked.label}`,
    prompt: 'What should others know?',
    validateInput: (value) => (value.trim() === '' ? 'A note needs a text.' : undefined),
  });
  if (text === undefined) return;
  await kernel.request('review/addNote', {
    ...filePlace(panel.document.uri),
    note: { text, ...picked.place },
  });
  vscode.window.setStatusBarMessage('$(note) Note added', 3_000);
}

interface NoteItem extends vscode.QuickPickItem {
  readonly note: Note;
}

const RESOLVE: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('check'), tooltip: 'Resolve' };
const REOPEN: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('discard'), tooltip: 'Reopen' };
const REMOVE: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('trash'), tooltip: 'Delete' };

/** A list of a clip's notes: Enter goes to the frame, the buttons resolve, reopen and delete. */
export async function showNotes(
  uri: vscode.Uri,
  kernel: KernelService,
  editors: EditorRegistry,
): Promise<void> {
  const place = filePlace(uri);
  const labels = new Map(
    editors.documents
      .find((document) => document.uri.toString() === uri.toString())
      ?.state.objects.map(({ id, label }) => [id, label]),
  );
  const list = vscode.window.createQuickPick<NoteItem>();
  const show = ({ notes, state }: ClipReview): void => {
    list.title = `Notes: ${vscode.workspace.asRelativePath(uri)}${state ? ` (${REVIEW_WORDS[state]})` : ''}`;
    list.placeholder = notes.length === 0 ? 'No note yet' : 'Enter goes to the frame';
    list.items = [...notes]
      .sort((a, b) => Number(a.resolved) - Number(b.resolved))
      .map((note) => ({
        label: note.resolved ? `$(check) ${note.text}` : note.text,
        description: aboutIn(note, labels),
        detail: `${note.author === '' ? 'unknown' : note.author}, ${note.at.slice(0, 10)}`,
        buttons: [note.resolved ? REOPEN : RESOLVE, REMOVE],
        note,
      }));
  };
  try {
    show(await kernel.request('review/read', place));
    await new Promise<void>((resolve, reject) => {
      list.onDidTriggerItemButton(({ item: { note }, button }) => {
        const change =
          button === REMOVE ? { id: note.id, remove: true } : { id: note.id, resolved: button === RESOLVE };
        kernel.request('review/changeNote', { ...place, change }).then(show, reject);
      });
      list.onDidAccept(() => {
        const [picked] = list.selectedItems;
        list.hide();
        if (!picked) return;
        const { range, object } = picked.note;
        void showFrame(editors, uri, {
          ...(range ? { frame: range.first } : {}),
          ...(object === undefined ? {} : { object }),
        });
      });
      list.onDidHide(() => resolve());
      list.show();
    });
  } finally {
    list.dispose();
  }
}

function aboutIn({ range, object }: Note, labels: ReadonlyMap<string, string>): string {
  const frames =
    range && (range.first === range.last ? `frame ${range.first}` : `frames ${range.first} to ${range.last}`);
  return [...(object === undefined ? [] : [labels.get(object) ?? object]), ...(frames ? [frames] : [])].join(
    ', ',
  );
}

function capital(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}
