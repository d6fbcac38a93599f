import { FORMATS, IMPORT_FORMATS, importRow, type ImportFormat } from '../../shared/formats';
import type { ImportParams, ImportResult } from '../../shared/protocol/dataset';
import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { EditorRegistry } from '../editor/registry';
import type { VideoDocument } from '../editor/videoDocument';
import { VIEW_TYPE } from '../editor/videoEditorProvider';
import type { KernelService } from '../kernel/kernelService';
import { withProgress } from '../progress';
import { importMany } from './importMany';

/** Takes in masks of another tool or a data set for videos. @param paths full paths of videos. */
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

/** As an edit in the video's editor: it can be looked at, undone and saved like any other. */
async function importOne(
  video: vscode.Uri,
  params: ImportParams,
  kernel: KernelService,
  editors: EditorRegistry,
): Promise<void> {
  const document = await open(video, editors);
  if (!document) return;
  const { imported } = await withProgress(`Importing ${FORMATS[params.format].title}`, (report, signal) =>
    document.edit('session/import', params, {
      signal,
      onProgress: ({ done, total }) => report(done / total, `${done} of ${total} parts`),
    }),
  );
  await showResult(imported, kernel);
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
  const options = { title, placeHolder: 'Which format?', matchOnDescription: true };
  const format = (await vscode.window.showQuickPick(items, options))?.format;
  if (!format) return undefined;
  const folder = sourceOf(format) === 'folder';
  const from = await vscode.window.showOpenDialog({
    title,
    canSelectFiles: !folder,
    canSelectFolders: folder,
    openLabel: 'Import',
  });
  if (!from) return undefined;
  const params = { format, from: from[0].fsPath, ...(many ? { byName: true } : {}) };
  if (!importRow(format).nameless) return params;
  const label = await vscode.window.showInputBox({
    title,
    prompt: 'What are objects called that have no name there?',
    value: 'object',
  });
  return label === undefined ? undefined : { ...params, ...(label.trim() ? { label: label.trim() } : {}) };
}

async function open(video: vscode.Uri, editors: EditorRegistry): Promise<VideoDocument | undefined> {
  await vscode.commands.executeCommand('vscode.openWith', video, VIEW_TYPE);
  // A video that cannot be opened says so in its tab.
  return editors.documents.find(({ uri }) => uri.toString() === video.toString());
}

async function showResult(result: ImportResult, { log }: KernelService): Promise<void> {
  const { objects, masks, frames, notes, skipped } = result;
  for (const note of notes) log.info(note);
  for (const line of skipped) log.warn(`Not taken: ${line}`);
  const names = objects.map(({ label }) => label).join(', ');
  const text = `Imported ${masks} masks on ${frames} frames: ${names}.`;
  if (skipped.length === 0) {
    void vscode.window.showInformationMessage(text);
    return;
  }
  const show = 'Show What Was Not Taken';
  if (
    (await vscode.window.showWarningMessage(`${text} ${skipped.length} parts were not taken.`, show)) === show
  )
    log.show();
}
