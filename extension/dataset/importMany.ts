import { basename } from 'node:path';
import * as vscode from 'vscode';
import { isCancelled, toErrorData } from '../../shared/protocol/errors';
import type { ImportParams, ImportProgress, ImportResult } from '../../shared/protocol/dataset';
import type { EditorRegistry } from '../editor/registry';
import { filePlace } from '../kernel/filePlace';
import type { KernelService } from '../kernel/kernelService';
import { withProgress } from '../progress';
import { FORMATS } from '../../shared/formats';

interface Imported {
  /** Videos that the source has nothing of, by name. */
  readonly missing: string[];
  readonly failed: string[];
  readonly results: ImportResult[];
}

/** Gives each video what the source has under its name: as an edit where it is open, else saved at once. */
export async function importMany(
  paths: readonly string[],
  params: ImportParams,
  kernel: KernelService,
  editors: EditorRegistry,
): Promise<void> {
  const imported: Imported = { missing: [], failed: [], results: [] };
  await withProgress(`Importing ${FORMATS[params.format].title}`, async (report, signal) => {
    for (const [n, path] of paths.entries()) {
      if (signal.aborted) return;
      const onProgress = ({ done, total }: ImportProgress): void => {
        report((n + done / total) / paths.length, `${basename(path)} (${n + 1}/${paths.length})`);
      };
      onProgress({ done: 0, total: 1 });
      const document = editors.documents.find(({ uri }) => uri.fsPath === path);
      try {
        const result = document
          ? (await document.edit('session/import', params, { signal, onProgress })).imported
          : await importClosed(path, params, kernel, signal, onProgress);
        imported.results.push(result);
        for (const { reason, count, example } of result.skipped) {
          kernel.log.warn(`${path}: skipped ${count} ${reason} (for example ${example})`);
        }
      } catch (error) {
        if (isCancelled(error)) return;
        const { code, message } = toErrorData(error);
        (code === 'import/not-found' ? imported.missing : imported.failed).push(basename(path));
        kernel.log.warn(`${path}: ${message}`);
      }
    }
  });
  await showResult(imported, paths.length, kernel);
}

async function importClosed(
  path: string,
  params: ImportParams,
  kernel: KernelService,
  signal: AbortSignal,
  onProgress: (value: ImportProgress) => void,
): Promise<ImportResult> {
  const session = await kernel.open({ ...filePlace(vscode.Uri.file(path)), holder: 'VS Code' }, { signal });
  try {
    const { imported } = await session.request('session/import', params, { signal, onProgress });
    await session.request('session/save', {});
    return imported;
  } finally {
    await session.close();
  }
}

async function showResult(
  { missing, failed, results }: Imported,
  videos: number,
  { log }: KernelService,
): Promise<void> {
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
