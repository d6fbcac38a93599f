import { sep } from 'node:path';
import * as vscode from 'vscode';
import { Disposables } from '../dispose';
import { VIEW_TYPE } from '../editor/videoEditorProvider';
import type { KernelService } from '../kernel/kernelService';
import { ClipDragAndDrop } from './clipDragAndDrop';
import { ClipHover } from './clipHover';
import {
  clipTree,
  folderProgressOf,
  progressOf,
  stageOf,
  type ClipFilter,
  type ClipNode,
  type ClipOrder,
  type ClipStage,
  type FolderNode,
  type TreeNode,
} from './clipTree';
import type { DatasetModel } from './datasetModel';

export const DATASET_VIEW = 'masklet.dataset';

const ICONS: Readonly<Record<ClipStage, vscode.ThemeIcon>> = {
  none: new vscode.ThemeIcon('circle-outline'),
  begun: new vscode.ThemeIcon('color-mode', new vscode.ThemeColor('charts.blue')),
  annotated: new vscode.ThemeIcon('circle-filled', new vscode.ThemeColor('charts.green')),
  verified: new vscode.ThemeIcon('pass-filled', new vscode.ThemeColor('charts.green')),
  problem: new vscode.ThemeIcon('warning', new vscode.ThemeColor('problemsWarningIcon.foreground')),
};

/** What icons say to those who do not see them, beyond the text beside them. */
const ICON_WORDS: Readonly<Record<ClipStage, string>> = {
  none: '',
  begun: 'annotated in part, ',
  annotated: 'annotated throughout, ',
  verified: 'verified throughout, ',
  problem: '',
};

interface Choices {
  readonly filter: ClipFilter;
  /** The filter in words. */
  readonly filterName: string;
  readonly order: ClipOrder;
  readonly orderName: string;
}

const FIRST: Choices = { filter: { kind: 'all' }, filterName: '', order: 'name', orderName: '' };

/** The view of the dataset: the workspace's folders and clips, and how far each is. */
export class DatasetTree implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  private readonly owned = new Disposables();
  private readonly changed = this.owned.add(new vscode.EventEmitter<void>());
  private readonly view: vscode.TreeView<TreeNode>;
  private readonly hover: ClipHover;
  private choices: Choices;
  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    private readonly model: DatasetModel,
    kernel: KernelService,
    private readonly memory: vscode.Memento,
  ) {
    this.choices = { ...FIRST, ...memory.get<Partial<Choices>>(DATASET_VIEW) };
    this.hover = new ClipHover(kernel);
    this.view = this.owned.add(
      vscode.window.createTreeView(DATASET_VIEW, {
        treeDataProvider: this,
        canSelectMany: true,
        dragAndDropController: new ClipDragAndDrop(),
        showCollapseAll: true,
      }),
    );
    this.owned.add(this.view.onDidChangeVisibility(({ visible }) => model.watch(visible)));
    this.owned.add(model.onDidChange(() => this.update()));
    model.watch(this.view.visible);
    this.update();
  }

  get current(): Choices {
    return this.choices;
  }

  /** Shows other clips, or in another order; remembered for the workspace. */
  choose(choices: Partial<Choices>): void {
    this.choices = { ...this.choices, ...choices };
    void this.memory.update(DATASET_VIEW, this.choices);
    this.update();
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    if (node) return node.kind === 'folder' ? [...node.children] : [];
    // The view shows that it is at work until there is something to show.
    if (this.model.isNew) await this.firstLook();
    const trees = this.trees();
    return trees.length === 1 ? [...trees[0].children] : trees;
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    return node.kind === 'folder' ? folderItem(node) : clipItem(node);
  }

  async resolveTreeItem(
    item: vscode.TreeItem,
    node: TreeNode,
    token: vscode.CancellationToken,
  ): Promise<vscode.TreeItem> {
    if (node.kind !== 'clip') return item;
    const tooltip = await this.hover.of(node, token);
    if (!token.isCancellationRequested) item.tooltip = tooltip;
    return item;
  }

  dispose(): void {
    this.owned.dispose();
  }

  private async firstLook(): Promise<void> {
    const looked = new Promise<void>((resolve) => {
      const listening = this.model.onDidChange(() => {
        listening.dispose();
        resolve();
      });
    });
    this.model.watch(true);
    await looked;
  }

  private trees(): FolderNode[] {
    const { filter, order } = this.choices;
    return this.model.roots.map(({ folder, clips }) =>
      clipTree(folder.uri.fsPath, folder.name, clips, filter, order, sep),
    );
  }

  private update(): void {
    const { filter, filterName, orderName } = this.choices;
    const all = this.model.roots.flatMap(({ clips }) => clips);
    const shown = this.trees().reduce((sum, { clips }) => sum + clips.length, 0);
    const filtered = filter.kind !== 'all' && all.length > 0;
    this.view.description = [filtered ? `${shown} of ${all.length}: ${filterName}` : '', orderName]
      .filter(Boolean)
      .join(' · ');
    const problems = this.model.roots.flatMap((root) => root.problems);
    const nothing = filtered && shown === 0 ? [`No clip is ${filterName}.`] : [];
    const message = [...problems, ...nothing].join('\n');
    this.view.message = message;
    void vscode.commands.executeCommand('setContext', 'masklet.datasetFiltered', filtered);
    this.changed.fire();
  }
}

function folderItem(node: FolderNode): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.Uri.file(node.path), vscode.TreeItemCollapsibleState.Expanded);
  item.id = node.id;
  item.label = node.name;
  item.description = folderProgressOf(node.clips);
  item.tooltip = `${node.path}\n${folderProgressOf(node.clips)}`;
  item.iconPath = vscode.ThemeIcon.Folder;
  item.contextValue = 'folder';
  return item;
}

function clipItem(node: ClipNode): vscode.TreeItem {
  const { clip, name } = node;
  const item = new vscode.TreeItem(name);
  const stage = stageOf(clip);
  item.id = node.id;
  item.description = progressOf(clip);
  item.iconPath = ICONS[stage];
  item.contextValue = clip.masks > 0 || clip.state === 'reading' ? 'clip annotated' : 'clip';
  item.accessibilityInformation = { label: `${name}, ${ICON_WORDS[stage]}${item.description}` };
  item.command = {
    command: 'vscode.openWith',
    title: 'Open',
    arguments: [vscode.Uri.file(clip.path), VIEW_TYPE],
  };
  return item;
}
