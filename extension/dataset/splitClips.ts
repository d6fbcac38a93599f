import * as vscode from 'vscode';
import type { KernelService } from '../kernel/kernelService';
import { placed, type Targets } from './targets';

const USUAL_SPLITS = ['train', 'val', 'test'];

/** Asks for a split and puts clips into it. */
export async function splitClips(
  targets: Targets,
  known: readonly string[],
  kernel: KernelService,
): Promise<void> {
  const title = `Assign Split: ${targets.name}`;
  const split = await askSplit(title, known);
  if (split === undefined) return;
  await kernel.request('dataset/assignSplit', { ...placed(targets), split });
}

/** Null: none; undefined: nothing was chosen. */
async function askSplit(title: string, known: readonly string[]): Promise<string | null | undefined> {
  const other = { label: 'Other...', description: 'enter a new name' };
  const none = { label: 'None', description: 'remove from its split' };
  const names = [...new Set([...USUAL_SPLITS, ...known])].map((label) => ({ label }));
  const picked = await vscode.window.showQuickPick([...names, other, none], {
    title,
    placeHolder: vscode.l10n.t('Which split?'),
  });
  if (picked === none) return null;
  if (picked !== other) return picked?.label;
  const name = await vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t('Name of the split'),
    validateInput: (text) =>
      /^[\p{L}\p{N}_-][\p{L}\p{N}._-]{0,79}$/u.test(text.trim()) && text.trim() !== 'none'
        ? undefined
        : 'Letters, digits, "-", "_" and ".": exports are named after it.',
  });
  return name?.trim();
}
