import * as vscode from 'vscode';
import type { Quality } from '../../shared/domain/annotations';
import { quality, setQuality } from '../settings';

const CHOICES: readonly { readonly id: Quality; readonly label: string; readonly detail: string }[] = [
  {
    id: 'fast',
    label: 'Fast',
    detail: vscode.l10n.t('Small windows at a small size: the fastest, with the least detail.'),
  },
  {
    id: 'balanced',
    label: 'Balanced',
    detail: vscode.l10n.t('A window around each object, as fine as its shape needs.'),
  },
  {
    id: 'best',
    label: 'Best',
    detail: vscode.l10n.t('Windows at the largest size: the most detail, the slowest.'),
  },
];

/** Asks what propagation with the built-in model may cost, from its next run on. No mask becomes stale. */
export async function selectQuality(): Promise<void> {
  const current = quality();
  const items = CHOICES.map((choice) => ({
    ...choice,
    ...(choice.id === current ? { description: 'current' } : {}),
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: 'Select Quality',
    placeHolder: vscode.l10n.t('For the built-in model on a CPU; masks made before stay as they are'),
  });
  if (picked) await setQuality(picked.id);
}
