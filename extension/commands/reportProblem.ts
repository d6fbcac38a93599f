import { readFile } from 'node:fs/promises';
import { arch, homedir, platform, release, userInfo } from 'node:os';
import { basename, join } from 'node:path';
import * as vscode from 'vscode';
import { toErrorData } from '../../shared/protocol/errors';
import type { KernelService } from '../kernel/kernelService';
import { reportText, withoutNames, type ProblemReport } from './problemReport';

const LOG_LINES = 60;

/** Collects what a report of a problem needs, copies it, and offers the page where problems are reported. */
export async function reportProblem(context: vscode.ExtensionContext, kernel: KernelService): Promise<void> {
  const without = {
    label: vscode.l10n.t('Without the names of files and folders'),
    detail: vscode.l10n.t('Versions, setup checks and the end of the log; never any pictures'),
  };
  const all = { label: vscode.l10n.t('With the names of files and folders') };
  const title = vscode.l10n.t('Report a Problem');
  const picked = await vscode.window.showQuickPick([without, all], { title });
  if (!picked) return;
  const report = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title },
    () => collect(context, kernel),
  );
  const text = reportText(report);
  const copied = picked === all ? text : withoutNames(text, namesHere());
  await vscode.env.clipboard.writeText(copied);
  const show = vscode.l10n.t('Show It');
  const open = vscode.l10n.t('Open the Page');
  const page = pageOf(context);
  const chosen = await vscode.window.showInformationMessage(
    vscode.l10n.t('The report is on the clipboard: paste it where you report the problem.'),
    ...[show, ...(page ? [open] : [])],
  );
  if (chosen === open && page) await vscode.env.openExternal(page);
  if (chosen === show) {
    const document = await vscode.workspace.openTextDocument({ language: 'markdown', content: copied });
    await vscode.window.showTextDocument(document, { preview: true });
  }
}

async function collect(context: vscode.ExtensionContext, kernel: KernelService): Promise<ProblemReport> {
  const { version } = context.extension.packageJSON as { version: string };
  const versions: (readonly [string, string])[] = [
    ['Masklet', version],
    [vscode.env.appName, vscode.version],
    ['Node of the extension host', process.versions.node],
    ['Machine', `${platform()} ${release()} on ${arch()}`],
    ['Remote', vscode.env.remoteName ?? 'none'],
    ['Window', vscode.env.uiKind === vscode.UIKind.Web ? 'in a browser' : 'on the desktop'],
  ];
  const log = await logLines(context);
  try {
    const { checks, model } = await kernel.request('kernel/health', {});
    const provider = model.provider ? `${model.id} on ${model.provider}` : `${model.id}, not loaded`;
    return { versions: [...versions, ['Model', provider]], checks, log };
  } catch (error) {
    // A kernel that does not start is what many reports are about.
    const { code, message } = toErrorData(error);
    return { versions, checks: undefined, failure: `${code}: ${message}`, log };
  }
}

async function logLines({ logUri }: vscode.ExtensionContext): Promise<readonly string[]> {
  const text = await readFile(join(logUri.fsPath, 'Masklet.log'), 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-LOG_LINES);
}

/** Names that may be anywhere in a log. */
function namesHere(): string[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs.map(({ label }) => label));
  return [
    homedir(),
    userInfo().username,
    ...folders.flatMap(({ uri, name }) => [uri.fsPath, name]),
    ...tabs.map((label) => basename(label)),
  ];
}

/** The page of package.json's `bugs`, where it names one. */
function pageOf({ extension }: vscode.ExtensionContext): vscode.Uri | undefined {
  const { bugs } = extension.packageJSON as { bugs?: string | { url?: string } };
  const url = typeof bugs === 'string' ? bugs : bugs?.url;
  return url ? vscode.Uri.parse(url) : undefined;
}
