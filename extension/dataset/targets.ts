import { VIDEO_ENDINGS } from '../../shared/domain/videoFiles';
import { sep } from 'node:path';
import * as vscode from 'vscode';
import type { EditorRegistry } from '../editor/registry';
import type { TreeNode } from './clipTree';

/** What a command works on: clips, or folders of clips. */
export interface Targets {
  /** Full paths. */
  readonly paths: readonly string[];
  /** Where all lie in one folder of the workspace: that one. */
  readonly workspaceRoot?: string;
  /** For titles. */
  readonly name: string;
}

/** What a menu passes to its command: what was clicked, then all that is selected. */
export type MenuArguments = readonly [clicked?: unknown, selected?: unknown];

/** What was chosen in the dataset view or in the Explorer; undefined where a command comes from the palette. */
export function chosen([clicked, selected]: MenuArguments): Targets | undefined {
  const all = Array.isArray(selected) && selected.length > 0 ? (selected as unknown[]) : [clicked];
  const paths = all.map(pathOf).filter((path) => path !== undefined);
  return paths.length > 0 ? targets(paths) : undefined;
}

function pathOf(item: unknown): string | undefined {
  if (item instanceof vscode.Uri) return item.scheme === 'file' ? item.fsPath : undefined;
  if (!isNode(item)) return undefined;
  return item.kind === 'clip' ? item.clip.path : item.path;
}

function isNode(item: unknown): item is TreeNode {
  return (
    typeof item === 'object' &&
    item !== null &&
    'kind' in item &&
    (item.kind === 'clip' || item.kind === 'folder')
  );
}

interface Scope extends vscode.QuickPickItem {
  readonly targets: () => Promise<Targets | undefined>;
}

/** Asks what is meant, where a command comes from the palette. Undefined: nothing. */
export async function askForTargets(title: string, editors: EditorRegistry): Promise<Targets | undefined> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  const open = editors.active?.document;
  const scopes: Scope[] = [];
  if (open) {
    scopes.push({
      label: 'Current Video',
      description: open.name,
      targets: () => Promise.resolve(targets([open.uri.fsPath])),
    });
  }
  if (folders.length > 0) {
    scopes.push({
      label: 'Whole Workspace',
      description: folders.map(({ name }) => name).join(', '),
      targets: () => Promise.resolve(targets(folders.map(({ uri }) => uri.fsPath))),
    });
  }
  scopes.push({ label: 'Files...', description: 'choose videos', targets: () => browse(title, true) });
  scopes.push({
    label: 'Folders...',
    description: 'choose folders of videos',
    targets: () => browse(title, false),
  });
  const scope = await vscode.window.showQuickPick(scopes, {
    title,
    placeHolder: vscode.l10n.t('Which clips?'),
  });
  return await scope?.targets();
}

async function browse(title: string, files: boolean): Promise<Targets | undefined> {
  const found = await vscode.window.showOpenDialog({
    title,
    canSelectFiles: files,
    canSelectFolders: !files,
    canSelectMany: true,
    openLabel: vscode.l10n.t('Select'),
    ...(files ? { filters: { Videos: [...VIDEO_ENDINGS] } } : {}),
  });
  return found && targets(found.map(({ fsPath }) => fsPath));
}

function targets(paths: readonly string[]): Targets {
  const roots = new Set(
    paths.map((path) => vscode.workspace.getWorkspaceFolder(vscode.Uri.file(path))?.uri.fsPath),
  );
  const [root] = roots;
  const name = paths.length === 1 ? vscode.workspace.asRelativePath(paths[0]) : `${paths.length} selected`;
  return { paths, name, ...(roots.size === 1 && root !== undefined ? { workspaceRoot: root } : {}) };
}

/** What the kernel is told of where things are. */
export function placed({ paths, workspaceRoot }: Targets): {
  paths: readonly string[];
  workspaceRoot?: string;
} {
  return { paths, ...(workspaceRoot === undefined ? {} : { workspaceRoot }) };
}

/** True for what is meant, and what lies in a folder that is. */
export function isMeant(path: string, { paths }: Targets): boolean {
  return paths.some((target) => path === target || path.startsWith(`${target}${sep}`));
}
