import * as vscode from 'vscode';
import { objectNames } from '../../shared/domain/objectNames';
import type { ObjectId, Suspicion } from '../../shared/domain/annotations';
import { Disposables } from '../dispose';
import type { EditorRegistry } from '../editor/registry';
import type { VideoDocument } from '../editor/videoDocument';
import { reasonsInWords } from './suspicionList';

/** More than these are no list any more that anybody goes through. */
const MAX_ENTRIES = 250;

/** Lists the suspicious frames of open videos in the Problems panel. */
export class SuspicionProblems implements vscode.Disposable {
  private readonly owned = new Disposables();
  private readonly entries = this.owned.add(vscode.languages.createDiagnosticCollection('masklet'));
  private readonly listed = new Map<VideoDocument, readonly Suspicion[]>();

  constructor(private readonly editors: EditorRegistry) {
    this.owned.add(editors.onDidChange(() => this.update()));
  }

  dispose(): void {
    this.owned.dispose();
  }

  private update(): void {
    const { documents } = this.editors;
    for (const document of this.listed.keys()) {
      if (documents.includes(document)) continue;
      this.listed.delete(document);
      this.entries.delete(document.uri);
    }
    for (const document of documents) {
      const { suspicions } = document.state;
      if (this.listed.get(document) === suspicions) continue;
      this.listed.set(document, suspicions);
      const names = objectNames(document.state.objects);
      this.entries.set(
        document.uri,
        suspicions.slice(0, MAX_ENTRIES).map((suspicion) => entryOf(document, suspicion, names)),
      );
    }
  }
}

function entryOf(
  { uri }: VideoDocument,
  suspicion: Suspicion,
  names: ReadonlyMap<ObjectId, string>,
): vscode.Diagnostic {
  const { object, frame } = suspicion;
  const name = names.get(object) ?? object;
  const entry = new vscode.Diagnostic(
    new vscode.Range(0, 0, 0, 0),
    `${name} on frame ${frame}: ${reasonsInWords(suspicion)}`,
    vscode.DiagnosticSeverity.Information,
  );
  entry.source = 'Masklet';
  // A custom editor is not told of the range that was clicked: the code is a link that goes there.
  const goThere = encodeURIComponent(JSON.stringify([uri.toString(), object, frame]));
  entry.code = { value: `frame ${frame}`, target: vscode.Uri.parse(`command:masklet.showFrame?${goThere}`) };
  return entry;
}
