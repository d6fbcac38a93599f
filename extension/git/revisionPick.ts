import * as vscode from 'vscode';
import type { Revision } from '../../shared/protocol/revisions';

interface RevisionItem extends vscode.QuickPickItem {
  readonly revision?: string;
}

/**
 * Asks what to compare with: the last commit, one that changed the sidecar, or whatever revision is typed.
 * @returns undefined where the user thought better of it.
 */
export async function pickRevision(revisions: readonly Revision[]): Promise<string | undefined> {
  const head: RevisionItem = {
    label: 'HEAD',
    description: 'the last commit',
    revision: 'HEAD',
    iconPath: new vscode.ThemeIcon('git-commit'),
  };
  const commits = revisions.map((revision): RevisionItem => {
    const { commit, subject, author, date } = revision;
    return {
      label: subject,
      description: `${commit.slice(0, 8)} ${author}, ${new Date(date).toLocaleString()}`,
      revision: commit,
      iconPath: new vscode.ThemeIcon('git-commit'),
    };
  });
  const separator: RevisionItem = {
    label: 'commits that changed these annotations',
    kind: vscode.QuickPickItemKind.Separator,
  };
  const known = [head, ...(commits.length > 0 ? [separator, ...commits] : [])];
  const pick = vscode.window.createQuickPick<RevisionItem>();
  pick.title = 'Show Mask Changes';
  pick.placeholder = 'Compare with a commit, or type a branch, a tag or a hash';
  pick.matchOnDescription = true;
  pick.items = known;
  try {
    return await new Promise<string | undefined>((resolve) => {
      pick.onDidChangeValue((value) => {
        const typed = value.trim();
        const other: RevisionItem = {
          label: typed,
          description: 'this revision',
          alwaysShow: true,
          revision: typed,
        };
        pick.items = typed === '' || typed === 'HEAD' ? known : [...known, other];
      });
      pick.onDidAccept(() => resolve(pick.selectedItems.at(0)?.revision));
      pick.onDidHide(() => resolve(undefined));
      pick.show();
    });
  } finally {
    pick.dispose();
  }
}
