// extension/: the extension in VS Code: what is registered at activation, and what the rooms below share.
/** The extension in the host: wires kernel, editors and commands together, and holds no logic of its own. */
import * as vscode from 'vscode';
import { registerCommands } from './commands/register';
import { registerDataset } from './dataset/registerDataset';
import { EditorContext } from './editor/editorContext';
import { EditorRegistry } from './editor/registry';
import { VideoEditorProvider } from './editor/videoEditorProvider';
import { FollowFiles } from './files/followFiles';
import { MaskChanges } from './git/showMaskChanges';
import { KernelService } from './kernel/kernelService';
import { Links } from './links/links';
import { ModelCommands } from './models/modelCommands';
import { ModelFallback } from './models/modelFallback';
import { registerNotebooks } from './notebook/register';
import { registerRunNotices } from './review/runNotice';
import { registerShowFrame } from './review/showFrame';
import { SuspicionProblems } from './review/suspicionProblems';
import { SuspicionTree } from './review/suspicionTree';
import { KernelStatusBar } from './statusBar';

let kernel: KernelService | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Masklet', { log: true });
  const { version } = context.extension.packageJSON as { version: string };
  log.info(`Masklet ${version}`);
  kernel = new KernelService(log, context.globalStorageUri);
  const editors = new EditorRegistry();
  const files = new FollowFiles(kernel, editors);
  const models = new ModelFallback(kernel, editors);
  context.subscriptions.push(
    log,
    kernel,
    editors,
    files,
    models,
    new VideoEditorProvider(context, kernel, editors, files, models, log),
    new KernelStatusBar(kernel, editors),
    new EditorContext(editors),
    registerCommands(context, kernel, editors),
    new ModelCommands(kernel, editors, models),
    registerShowFrame(editors),
    registerRunNotices(editors),
    new Links(context, editors, log),
    new MaskChanges(kernel, editors, context.extensionUri),
    registerNotebooks(kernel),
    new SuspicionTree(editors),
    new SuspicionProblems(editors),
    registerDataset(context, kernel, editors),
  );
}

/** Waits for the kernel to end: it lets go of the clips it writes, so that the next window can write them at once. */
export async function deactivate(): Promise<void> {
  await kernel?.stop();
}
