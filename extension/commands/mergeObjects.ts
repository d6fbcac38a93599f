import * as vscode from 'vscode';
import { objectNames } from '../../shared/domain/objectNames';
import type { ObjectId } from '../../shared/domain/annotations';
import type { EditorPanel } from '../editor/editorPanel';

/** Asks which object is really the same one, and takes what it has over. */
export async function mergeObjects({ document }: EditorPanel, object: ObjectId): Promise<void> {
  const { objects, status } = document.state;
  const into = objects.find(({ id }) => id === object);
  const others = objects.filter(({ id }) => id !== object);
  if (!into) return;
  if (others.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('There is no other object to merge with.'));
    return;
  }
  const names = objectNames(objects);
  const picked = await vscode.window.showQuickPick(
    others.map(({ id }) => {
      const masked = status.find((candidate) => candidate.object === id)?.masked ?? [];
      const frames = masked.reduce((sum, { first, last }) => sum + last - first + 1, 0);
      const where = masked.length > 0 ? `, ${masked[0].first} to ${masked.at(-1)?.last}` : '';
      return { label: names.get(id) ?? id, description: `${frames} frames with a mask${where}`, id };
    }),
    {
      title: `Merge “${names.get(into.id)}” with`,
      placeHolder: vscode.l10n.t('The object whose masks and prompts it takes over'),
    },
  );
  if (picked) await document.edit('object/merge', { object, from: picked.id });
}
