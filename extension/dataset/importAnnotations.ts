import { FORMATS, IMPORT_FORMATS, importRow, type ImportFormat } from '../../shared/formats';
import type { ImportKind, ImportParams, ImportResult } from '../../shared/protocol/dataset';
import { toErrorData } from '../../shared/protocol/errors';
import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { EditorRegistry } from '../editor/registry';
import type { VideoDocument } from '../editor/videoDocument';
import { VIEW_TYPE } from '../editor/videoEditorProvider';
import type { KernelService } from '../kernel/kernelService';
import { withProgress } from '../progress';
import { askFirstFrame, showImportPreview, type PreviewAnswer } from './importPreview';
import { agreementInWords } from './agreementInWords';
import { importMany } from './importMany';

/** Imports masks of another tool or a dataset for videos. @param paths full paths of videos. */
export async function importAnnotations(
  paths: readonly string[],
  kernel: KernelService,
  editors: EditorRegistry,
): Promise<void> {
  const [first] = paths;
  const many = paths.length > 1;
  const title = `Import Annotations: ${many ? `${paths.length} Clips` : basename(first)}`;
  const params = await askSource(title, many);
  if (!params) return;
  if (many) await importMany(paths, params, kernel, editors);
  else await importOne(vscode.Uri.file(first), params, kernel, editors);
}

/** As an edit in the video's editor, after a look at what it would do: it can be undone and saved like any other. */
async function importOne(
  video: vscode.Uri,
  first: ImportParams,
  kernel: KernelService,
  editors: EditorRegistry,
): Promise<void> {
  const document = await open(video, editors);
  if (!document) return;
  const run = async (choice: ImportParams): Promise<ImportResult> => {
    const what = choice.dryRun ? 'Reading' : 'Importing';
    const title = `${what} ${FORMATS[choice.format].title}`;
    const { imported } = await withProgress(title, (report, signal) =>
      document.edit('session/import', choice, {
        signal,
        onProgress: ({ done, total }) => report(done / total, `${done} of ${total} parts`),
      }),
    );
    return imported;
  };
  let choice: ImportParams | undefined = first;
  while (choice) {
    const looked: { choice: ImportParams; result: ImportResult } | undefined = await look(choice, run);
    if (!looked) return;
    const answer: PreviewAnswer = await showImportPreview(video, looked.choice, looked.result);
    if (answer === 'cancel') return;
    if (answer === 'import') {
      await showResult(await run(looked.choice), kernel);
      return;
    }
    choice = answer;
  }
}

/** What an import would do; where it is ambiguous how frames are counted, after asking. */
async function look(
  choice: ImportParams,
  run: (choice: ImportParams) => Promise<ImportResult>,
): Promise<{ choice: ImportParams; result: ImportResult } | undefined> {
  try {
    return { choice, result: await run({ ...choice, dryRun: true }) };
  } catch (error) {
    const { code, message } = toErrorData(error);
    if (code !== 'import/ambiguous' || choice.firstFrame !== undefined) throw error;
    const answer = await askFirstFrame('How are frames counted?', message);
    if (answer?.firstFrame === undefined) return undefined;
    return await look({ ...choice, firstFrame: answer.firstFrame }, run);
  }
}

/** @param many of many videos, a source has folders or a document: no one file of a format that has a file a video. */
async function askSource(title: string, many: boolean): Promise<ImportParams | undefined> {
  const sourceOf = (format: ImportFormat): 'file' | 'folder' => {
    const { source, manyVideos } = importRow(format);
    return many && !manyVideos ? 'folder' : source;
  };
  const items = IMPORT_FORMATS.map((format) => ({
    label: FORMATS[format].title,
    description: format,
    detail: `a ${sourceOf(format)}: ${FORMATS[format].about}`,
    format,
  }));
  const options = { title, placeHolder: vscode.l10n.t('Which format?'), matchOnDescription: true };
  const format = (await vscode.window.showQuickPick(items, options))?.format;
  if (!format) return undefined;
  const as = importRow(format).boxes === 'too' ? await askKind(title) : undefined;
  if (as === null) return undefined;
  const folder = sourceOf(format) === 'folder';
  const from = await vscode.window.showOpenDialog({
    title,
    canSelectFiles: !folder,
    canSelectFolders: folder,
    openLabel: vscode.l10n.t('Import'),
  });
  if (!from) return undefined;
  const params = {
    format,
    from: from[0].fsPath,
    ...(as === undefined ? {} : { as }),
    ...(many ? { byName: true } : {}),
  };
  if (!importRow(format).nameless) return params;
  const label = await vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t('Label for objects that have none in the source'),
    value: 'object',
  });
  return label === undefined ? undefined : { ...params, ...(label.trim() ? { label: label.trim() } : {}) };
}

/** Null where nothing was chosen. */
async function askKind(title: string): Promise<ImportKind | null> {
  const items = [
    { label: 'Masks', detail: 'polygons, run lengths and bitmaps, as edited by hand', as: 'masks' as const },
    {
      label: 'Boxes and Points as Prompts',
      detail: vscode.l10n.t('Masklet makes masks from them when you propagate'),
      as: 'prompts' as const,
    },
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: vscode.l10n.t('What is to be imported?'),
  });
  return picked?.as ?? null;
}

async function open(video: vscode.Uri, editors: EditorRegistry): Promise<VideoDocument | undefined> {
  await vscode.commands.executeCommand('vscode.openWith', video, VIEW_TYPE);
  // A video that cannot be opened says so in its tab.
  return editors.documents.find(({ uri }) => uri.toString() === video.toString());
}

async function showResult(result: ImportResult, { log }: KernelService): Promise<void> {
  const { as, objects, frames, counting, notes, skipped, kept } = result;
  for (const note of [counting, ...notes].filter((line) => line !== '')) log.info(note);
  for (const { reason, count, example } of skipped)
    log.warn(`Skipped ${count} ${reason} (for example ${example})`);
  for (const { label, masks: count, frame } of kept) {
    log.warn(`${count} ${as} of "${label}" stay as they were, the first on frame ${frame}`);
  }
  const names = objects.map(({ label }) => label).join(', ');
  const agreement = result.agreement ? ` ${agreementInWords(result.agreement)}` : '';
  const text = `Imported ${result[as]} ${as} on ${frames} frames: ${names}.${agreement}`;
  const left =
    skipped.reduce((sum, { count }) => sum + count, 0) + kept.reduce((sum, object) => sum + object.masks, 0);
  if (left === 0) {
    void vscode.window.showInformationMessage(text);
    return;
  }
  const show = vscode.l10n.t('Show Skipped Items');
  if ((await vscode.window.showWarningMessage(`${text} ${left} items were skipped.`, show)) === show)
    log.show();
}
