import { basename } from 'node:path';
import * as vscode from 'vscode';
import { isCancelled, toErrorData } from '../../shared/protocol/errors';
import type { ImportParams, ImportProgress, ImportResult } from '../../shared/protocol/dataset';
import type { EditorRegistry } from '../editor/registry';
import { filePlace } from '../kernel/filePlace';
import type { KernelService } from '../kernel/kernelService';
import { withProgress } from '../progress';
import { FORMATS } from '../../shared/formats';
import { showManyPreview } from './importPreview';
import type { ClipPreview } from './importPreviewHtml';

interface Imported {
  /** What became, or would become, of each clip, as far as it was not stopped. */
  readonly clips: readonly ClipPreview[];
  /** Videos that the source has nothing of, by name. */
  readonly missing: readonly string[];
  readonly failed: readonly string[];
  readonly stopped: boolean;
}

/**
 * Gives each video what the source has under its name, after a look at what that would be: as an edit where it is open, else
 * saved at once.
 */
export async function importMany(
  paths: readonly string[],
  params: ImportParams,
  kernel: KernelService,
  editors: EditorRegistry,
): Promise<void> {
  let choice = params;
  for (;;) {
    const looked = await importAll(paths, { ...choice, dryRun: true }, kernel, editors);
    if (looked.stopped) return;
    const answer = await showManyPreview(choice, looked.clips);
    if (answer === 'cancel') return;
    if (answer === 'import') break;
    choice = answer;
  }
  await showResult(await importAll(paths, choice, kernel, editors), paths.length, kernel);
}

async function importAll(
  paths: readonly string[],
  params: ImportParams,
  kernel: KernelService,
  editors: EditorRegistry,
): Promise<Imported> {
  const clips: ClipPreview[] = [];
  const missing: string[] = [];
  const failed: string[] = [];
  const title = `${params.dryRun ? 'Reading' : 'Importing'} ${FORMATS[params.format].title}`;
  const stopped = await withProgress(title, async (report, signal) => {
    for (const [n, path] of paths.entries()) {
      if (signal.aborted) return true;
      const name = basename(path);
      const onProgress = ({ done, total }: ImportProgress): void => {
        report((n + done / total) / paths.length, `${name} (${n + 1}/${paths.length})`);
      };
      onProgress({ done: 0, total: 1 });
      const document = editors.documents.find(({ uri }) => uri.fsPath === path);
      try {
        const result = document
          ? (await document.edit('session/import', params, { signal, onProgress })).imported
          : await importClosed(path, params, kernel, signal, onProgress);
        clips.push({ name, outcome: { result } });
        for (const { reason, count, example } of result.skipped) {
          kernel.log.warn(`${path}: skipped ${count} ${reason} (for example ${example})`);
        }
      } catch (error) {
        if (isCancelled(error)) return true;
        const { code, message } = toErrorData(error);
        clips.push({ name, outcome: { why: message } });
        (code === 'import/not-found' ? missing : failed).push(name);
        kernel.log.warn(`${path}: ${message}`);
      }
    }
    return false;
  });
  return { clips, missing, failed, stopped };
}

async function importClosed(
  path: string,
  params: ImportParams,
  kernel: KernelService,
  signal: AbortSignal,
  onProgress: (value: ImportProgress) => void,
): Promise<ImportResult> {
  const place = { ...filePlace(vscode.Uri.file(path)), readOnly: params.dryRun ?? false };
  const session = await kernel.open({ ...place, holder: 'VS Code' }, { signal });
  try {
    const { imported } = await session.request('session/import', params, { signal, onProgress });
    if (!params.dryRun) await session.request('session/save', {});
    return imported;
  } finally {
    await session.close();
  }
}

async function showResult(
  { clips, missing, failed }: Imported,
  videos: number,
  { log }: KernelService,
): Promise<void> {
  const results = clips.flatMap(({ outcome }) => ('result' in outcome ? [outcome.result] : []));
  const parts = results.reduce((sum, result) => sum + result[result.as], 0);
  const what = results.at(0)?.as ?? 'masks';
  const left = results.reduce((all, { skipped }) => skipped.reduce((sum, { count }) => sum + count, all), 0);
  const text = [
    `Imported ${parts} ${what} for ${results.length} of ${videos} clips.`,
    ...(missing.length > 0 ? [`Nothing in the source matches ${inWords(missing)}.`] : []),
    ...(failed.length > 0 ? [`Import failed for ${inWords(failed)}.`] : []),
    ...(left > 0 ? [`${left} items were skipped.`] : []),
  ].join(' ');
  if (failed.length + missing.length + left === 0) {
    void vscode.window.showInformationMessage(text);
    return;
  }
  if ((await vscode.window.showWarningMessage(text, 'Show Log')) === 'Show Log') log.show();
}

/** The first, and how many more. */
function inWords([first, ...more]: readonly string[]): string {
  return more.length === 0 ? first : `${first} and ${more.length} more`;
}
