// extension/review/: frames that look wrong: a view and the Problems list.
import * as vscode from 'vscode';
import { objectNames } from '../../shared/domain/objectNames';
import type { Suspicion } from '../../shared/domain/annotations';
import { Disposables } from '../dispose';
import type { EditorRegistry } from '../editor/registry';
import type { VideoDocument } from '../editor/videoDocument';
import { reasonsInWords, type SuspiciousObject, suspiciousObjects } from './suspicionList';

type Node =
  | { readonly kind: 'object'; readonly document: VideoDocument; readonly entry: SuspiciousObject }
  | { readonly kind: 'frame'; readonly document: VideoDocument; readonly suspicion: Suspicion };

/** The suspicious frames of the video in front, by object; a click goes there. */
export class SuspicionTree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly owned = new Disposables();
  private readonly changed = this.owned.add(new vscode.EventEmitter<void>());
  private shown: {
    document?: VideoDocument | undefined;
    suspicions?: readonly Suspicion[] | undefined;
    objects?: unknown;
  } = {};
  readonly onDidChangeTreeData = this.changed.event;

  constructor(private readonly editors: EditorRegistry) {
    this.owned.add(vscode.window.createTreeView('masklet.suspicious', { treeDataProvider: this }));
    this.owned.add(editors.onDidChange(() => this.update()));
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if (node.kind === 'object') {
      const { object, suspicions } = node.entry;
      const name = objectNames(node.document.state.objects).get(object.id) ?? object.label;
      const item = new vscode.TreeItem(name, vscode.TreeItemCollapsibleState.Expanded);
      item.id = object.id;
      item.description = String(suspicions.length);
      return item;
    }
    const { suspicion, document } = node;
    const item = new vscode.TreeItem(`Frame ${suspicion.frame}`);
    item.id = `${suspicion.object}/${suspicion.frame}`;
    item.description = reasonsInWords(suspicion);
    item.tooltip = item.description;
    item.iconPath = new vscode.ThemeIcon('warning');
    item.command = {
      command: 'masklet.showFrame',
      title: 'Show Frame',
      arguments: [document.uri.toString(), suspicion.object, suspicion.frame],
    };
    return item;
  }

  getChildren(node?: Node): Node[] {
    if (node?.kind === 'frame') return [];
    if (node) {
      const { document, entry } = node;
      return entry.suspicions.map((suspicion) => ({ kind: 'frame', document, suspicion }));
    }
    const document = this.editors.active?.document;
    if (!document) return [];
    const { objects, suspicions } = document.state;
    return suspiciousObjects(objects, suspicions).map((entry) => ({ kind: 'object', document, entry }));
  }

  dispose(): void {
    this.owned.dispose();
  }

  /** Documents change with every frame of a propagation; the list does so rarely. */
  private update(): void {
    const document = this.editors.active?.document;
    const { suspicions, objects } = document?.state ?? {};
    const { shown } = this;
    const same = shown.suspicions === suspicions && shown.objects === objects && shown.document === document;
    if (same) return;
    this.shown = { document, suspicions, objects };
    this.changed.fire();
  }
}
