import * as vscode from 'vscode';
import { objectNames } from '../../shared/domain/objectNames';
import type { Suspicion } from '../../shared/domain/annotations';
import { Disposables } from '../dispose';
import type { EditorRegistry } from '../editor/registry';
import type { VideoDocument } from '../editor/videoDocument';
import { FRAMES_SCHEME, textOf, type ListedFrame } from './frameDocument';
import { showFrame } from './showFrame';
import { reasonsInWords } from './suspicionList';

/** Behind the video's name, in the Problems panel. */
const LIST_ENDING = ' (frames)';
/** A text is shown before its selection is known. */
const SETTLED_MS = 80;

/** More than these are no list any more that anybody goes through. */
const MAX_ENTRIES = 250;

/** Lists the suspicious frames of open videos in the Problems panel; a row goes to its frame. */
export class SuspicionProblems implements vscode.Disposable {
  private readonly owned = new Disposables();
  private readonly entries = this.owned.add(vscode.languages.createDiagnosticCollection('masklet'));
  private readonly listed = new Map<VideoDocument, readonly Suspicion[]>();
  private readonly lists = new Map<string, readonly ListedFrame[]>();
  private settling: NodeJS.Timeout | undefined;
  private readonly changed = this.owned.add(new vscode.EventEmitter<vscode.Uri>());

  constructor(private readonly editors: EditorRegistry) {
    this.owned.add(editors.onDidChange(() => this.update()));
    this.owned.add(
      vscode.workspace.registerTextDocumentContentProvider(FRAMES_SCHEME, {
        onDidChange: this.changed.event,
        provideTextDocumentContent: (uri) => textOf(this.lists.get(uri.toString()) ?? []),
      }),
    );
    this.owned.add(vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => this.shown(textEditor)));
    this.owned.add(vscode.window.onDidChangeActiveTextEditor((editor) => this.shown(editor)));
  }

  dispose(): void {
    clearTimeout(this.settling);
    this.owned.dispose();
  }

  private shown(editor: vscode.TextEditor | undefined): void {
    if (editor?.document.uri.scheme !== FRAMES_SCHEME) return;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => void this.follow(editor), SETTLED_MS);
  }

  /** Goes to the frame of the line that the Problems panel went to, in place of the list itself. */
  private async follow({ document: { uri }, selection }: vscode.TextEditor): Promise<void> {
    const listed = this.lists.get(uri.toString())?.at(selection.active.line);
    const tabs = vscode.window.tabGroups.all
      .flatMap((group) => group.tabs)
      .filter(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === uri.toString());
    if (listed) await showFrame(this.editors, videoOf(uri), listed);
    await vscode.window.tabGroups.close(tabs, true);
  }

  private update(): void {
    const { documents } = this.editors;
    for (const document of this.listed.keys()) {
      if (documents.includes(document)) continue;
      this.listed.delete(document);
      this.lists.delete(listOf(document.uri).toString());
      this.entries.delete(listOf(document.uri));
    }
    for (const document of documents) {
      const { suspicions } = document.state;
      if (this.listed.get(document) === suspicions) continue;
      this.listed.set(document, suspicions);
      const uri = listOf(document.uri);
      const frames = framesOf(document, suspicions);
      this.lists.set(uri.toString(), frames);
      this.entries.set(uri, frames.map(entryOf));
      this.changed.fire(uri);
    }
  }
}

function framesOf({ state }: VideoDocument, suspicions: readonly Suspicion[]): ListedFrame[] {
  const names = objectNames(state.objects);
  return suspicions.slice(0, MAX_ENTRIES).map((suspicion) => {
    const { object, frame } = suspicion;
    return {
      object,
      frame,
      text: `${names.get(object) ?? object} on frame ${frame}: ${reasonsInWords(suspicion)}`,
    };
  });
}

function entryOf({ frame, text }: ListedFrame, line: number): vscode.Diagnostic {
  const range = new vscode.Range(line, 0, line, 0);
  const entry = new vscode.Diagnostic(range, text, vscode.DiagnosticSeverity.Information);
  entry.source = 'Masklet';
  entry.code = `frame ${frame}`;
  return entry;
}

/** The list that stands for a video. Its name must not end as a video's does, or it would be opened as one. */
function listOf(video: vscode.Uri): vscode.Uri {
  return video.with({ scheme: FRAMES_SCHEME, path: `${video.path}${LIST_ENDING}` });
}

function videoOf(list: vscode.Uri): vscode.Uri {
  return list.with({ scheme: 'file', path: list.path.slice(0, -LIST_ENDING.length) });
}
