import * as vscode from 'vscode';
import type { EditorRegistry } from '../editor/registry';
import type { EndedRun, VideoDocument } from '../editor/videoDocument';
import { showFrame } from './showFrame';

/** Of a shorter run the user still knows. */
const LONG_MS = 10_000;

/** What came of a run, in a sentence. */
export function runInWords(name: string, { frames, suspicions }: EndedRun): string {
  const computed =
    frames === 0
      ? vscode.l10n.t('{0}: everything was up to date.', name)
      : frames === 1
        ? vscode.l10n.t('{0}: 1 frame computed.', name)
        : vscode.l10n.t('{0}: {1} frames computed.', name, frames);
  const suspicious = new Set(suspicions.map(({ frame }) => frame)).size;
  if (suspicious === 0) return vscode.l10n.t('{0} No frame looks suspicious.', computed);
  return suspicious === 1
    ? vscode.l10n.t('{0} 1 frame looks suspicious.', computed)
    : vscode.l10n.t('{0} {1} frames look suspicious.', computed, suspicious);
}

/** Tells of long runs that end while nobody is looking at their editor, with a way there. */
export function registerRunNotices(editors: EditorRegistry): vscode.Disposable {
  return editors.onDidEndRun(({ document, run }) => void tellOfRun(document, run, editors));
}

async function tellOfRun(document: VideoDocument, run: EndedRun, editors: EditorRegistry): Promise<void> {
  const seen = vscode.window.state.focused && editors.panelsOf(document).some(({ visible }) => visible);
  if (seen || run.wallMs < LONG_MS) return;
  const [first] = run.suspicions;
  const go =
    run.suspicions.length > 0 ? vscode.l10n.t('Go to Suspicious Frame') : vscode.l10n.t('Show Video');
  const answer = await vscode.window.showInformationMessage(runInWords(document.name, run), go);
  if (answer === go) await showFrame(editors, document.uri, first ?? {});
}
