import * as vscode from 'vscode';
import type { EditorRegistry } from '../editor/registry';
import { verifyAllMasks } from '../editor/verifyAllMasks';
import { filePlace } from '../kernel/filePlace';
import type { KernelService } from '../kernel/kernelService';
import { withProgress } from '../progress';

/** Marks all masks of clips as verified: as an edit where a clip is open, else saved at once. */
export async function verifyClips(
  paths: readonly string[],
  kernel: KernelService,
  editors: EditorRegistry,
): Promise<void> {
  const verify = vscode.l10n.t('Verify All Masks');
  const detail = 'Verified masks are never overwritten by propagation. In an open editor this can be undone.';
  const question =
    paths.length === 1 ? 'Verify all masks of this clip?' : `Verify all masks of ${paths.length} clips?`;
  if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, verify)) !== verify) return;
  await withProgress('Verifying', async (report, signal) => {
    for (const [n, path] of paths.entries()) {
      if (signal.aborted) return;
      report(n / paths.length, vscode.workspace.asRelativePath(path));
      const document = editors.documents.find(({ uri }) => uri.fsPath === path);
      if (document) await document.verifyAll();
      else await verifyClosed(path, kernel, signal);
    }
  });
}

async function verifyClosed(path: string, kernel: KernelService, signal: AbortSignal): Promise<void> {
  const session = await kernel.open({ ...filePlace(vscode.Uri.file(path)), holder: 'VS Code' }, { signal });
  try {
    const { status } = await session.request('session/snapshot', {});
    await verifyAllMasks(status, (params) => session.request('object/verify', params));
    await session.request('session/save', {});
  } finally {
    await session.close();
  }
}
