import * as vscode from 'vscode';
import type { AuditParams } from '../../shared/protocol/audit';
import { placed, type Targets } from './targets';
import type { EditorRegistry } from '../editor/registry';
import type { KernelService } from '../kernel/kernelService';
import { AuditPanel } from './auditPanel';

/** Default of a new audit: the mean to within two or three hundredths. */
const MASKS = 200;

/** Asks how much is to be audited, draws or resumes, and shows the masks. */
export async function auditDataset(
  targets: Targets,
  kernel: KernelService,
  editors: EditorRegistry,
  extensionUri: vscode.Uri,
): Promise<AuditPanel | undefined> {
  const choice = await chooseExtent();
  if (!choice) return undefined;
  const params: AuditParams = { ...placed(targets), ...choice };
  const result = await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t('Drawing an audit'),
      cancellable: true,
    },
    (progress, token) => {
      const controller = new AbortController();
      token.onCancellationRequested(() => controller.abort());
      return kernel.request('dataset/audit', params, {
        signal: controller.signal,
        onProgress: ({ clip, clipsDone, clips }) =>
          progress.report({ message: `${clip} (${clipsDone + 1}/${clips})`, increment: 100 / clips }),
      });
    },
  );
  for (const problem of result.problems) void vscode.window.showWarningMessage(problem);
  const { name, workspaceRoot } = targets;
  return new AuditPanel(
    result,
    { name, ...(workspaceRoot ? { workspaceRoot } : {}) },
    kernel,
    editors,
    extensionUri,
  );
}

async function chooseExtent(): Promise<Pick<AuditParams, 'frames' | 'fresh'> | undefined> {
  const number = async (title: string): Promise<number | undefined> => {
    const text = await vscode.window.showInputBox({
      title,
      prompt: vscode.l10n.t('How many masks are to be looked at in all?'),
      value: String(MASKS),
      validateInput: (text) =>
        /^[1-9]\d{0,6}$/.test(text.trim()) ? undefined : vscode.l10n.t('Enter a whole number from 1.'),
    });
    return text === undefined ? undefined : Number(text);
  };
  const items = [
    {
      label: vscode.l10n.t('Start or Resume'),
      description: vscode.l10n.t('the newest audit of this dataset'),
      kind: 0,
    },
    {
      label: vscode.l10n.t('Look at More Masks...'),
      description: vscode.l10n.t('of the newest audit'),
      kind: 1,
    },
    {
      label: vscode.l10n.t('Draw a New Audit...'),
      description: vscode.l10n.t('other masks, chosen at random'),
      kind: 2,
    },
  ].map(({ kind, ...item }) => ({ ...item, extent: kind }));
  const chosen = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Audit Dataset') });
  if (!chosen) return undefined;
  if (chosen.extent === 0) return {};
  const frames = await number(chosen.label);
  if (frames === undefined) return undefined;
  return chosen.extent === 2 ? { frames, fresh: true } : { frames };
}
