import * as vscode from 'vscode';
import { openAsVideo } from '../files/openAsVideo';
import type { TreeNode } from './clipTree';

const URI_LIST = 'text/uri-list';

/** Clips can be dragged out of the view, and what is dropped on it is opened: files, and folders of images. */
export class ClipDragAndDrop implements vscode.TreeDragAndDropController<TreeNode> {
  readonly dragMimeTypes = [URI_LIST];
  readonly dropMimeTypes = [URI_LIST];

  handleDrag(nodes: readonly TreeNode[], data: vscode.DataTransfer): void {
    const paths = nodes.map((node) => (node.kind === 'clip' ? node.clip.path : node.path));
    data.set(URI_LIST, new vscode.DataTransferItem(paths.map((path) => vscode.Uri.file(path)).join('\r\n')));
  }

  async handleDrop(_target: TreeNode | undefined, data: vscode.DataTransfer): Promise<void> {
    const list = await data.get(URI_LIST)?.asString();
    if (list !== undefined) await openAsVideo(undefined, urisIn(list));
  }
}

/** The files of a list of addresses, one a line; lines with `#` are comments. */
function urisIn(list: string): vscode.Uri[] {
  return list
    .split(/\r?\n/)
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => vscode.Uri.parse(line))
    .filter(({ scheme }) => scheme === 'file');
}
