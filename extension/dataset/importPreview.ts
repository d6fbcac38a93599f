import { basename } from 'node:path';
import * as vscode from 'vscode';
import { FORMATS, importRow } from '../../shared/formats';
import type { ImportParams, ImportResult } from '../../shared/protocol/dataset';
import { importManyPreviewHtml, importPreviewHtml, type ClipPreview } from './importPreviewHtml';

/** What the user wants after a look at what an import would do. */
export type PreviewAnswer = 'import' | 'cancel' | ImportParams;

/** Shows what an import would do, with the first frame drawn, and asks; nothing has been changed. */
export async function showImportPreview(
  video: vscode.Uri,
  choice: ImportParams,
  result: ImportResult,
): Promise<PreviewAnswer> {
  const title = `Import Preview: ${basename(video.fsPath)}`;
  return await askAbout(title, importPreviewHtml(sourceOf(choice), result), choice, [result]);
}

/** The same for several clips. */
export async function showManyPreview(
  choice: ImportParams,
  clips: readonly ClipPreview[],
): Promise<PreviewAnswer> {
  const results = clips.flatMap(({ outcome }) => ('result' in outcome ? [outcome.result] : []));
  const title = `Import Preview: ${clips.length} Clips`;
  return await askAbout(title, importManyPreviewHtml(sourceOf(choice), clips), choice, results);
}

function sourceOf({ format, from }: ImportParams): string {
  return `${FORMATS[format].title}: ${from}`;
}

/** @param results of the clips that have any; none: there is nothing to import. */
async function askAbout(
  title: string,
  html: string,
  choice: ImportParams,
  results: readonly ImportResult[],
): Promise<PreviewAnswer> {
  const panel = vscode.window.createWebviewPanel('masklet.importPreview', title, vscode.ViewColumn.Active, {
    localResourceRoots: [],
  });
  panel.webview.html = html;
  try {
    for (;;) {
      const answer = await askWhat(title, results, panel);
      if (answer !== 'change') return answer;
      const changed = await askChange(title, choice);
      if (changed) return changed;
    }
  } finally {
    panel.dispose();
  }
}

/** Closing the tab is Cancel, too. */
async function askWhat(
  title: string,
  results: readonly ImportResult[],
  panel: vscode.WebviewPanel,
): Promise<'import' | 'change' | 'cancel'> {
  const sum = (numberOf: (result: ImportResult) => number): number =>
    results.reduce((total, result) => total + numberOf(result), 0);
  const left = sum(({ skipped }) => skipped.reduce((total, { count }) => total + count, 0));
  const counting = [...new Set(results.map((result) => result.counting))].join(' ');
  const take = {
    label: '$(check) Import',
    description: `${sum((result) => result[result.as])} ${results.at(0)?.as ?? 'masks'} on ${sum(({ frames }) => frames)} frames${left > 0 ? `, ${left} skipped` : ''}`,
    answer: 'import' as const,
  };
  const items = [
    ...(results.length > 0 ? [take] : []),
    { label: '$(gear) Change...', description: counting, answer: 'change' as const },
    { label: '$(close) Cancel', answer: 'cancel' as const },
  ];
  const closing = new vscode.CancellationTokenSource();
  const listener = panel.onDidDispose(() => closing.cancel());
  try {
    const options = {
      title,
      placeHolder: vscode.l10n.t('Nothing has been changed yet'),
      ignoreFocusOut: true,
    };
    return (await vscode.window.showQuickPick(items, options, closing.token))?.answer ?? 'cancel';
  } finally {
    listener.dispose();
    closing.dispose();
  }
}

/** Undefined: back to what there was. */
async function askChange(title: string, choice: ImportParams): Promise<ImportParams | undefined> {
  const first = { label: 'First Frame', description: firstFrameInWords(choice.firstFrame) };
  const name = { label: 'Name of the Video in the Source', description: choice.name ?? 'same as the file' };
  const replace = {
    label: importsPrompts(choice) ? 'Earlier Prompts' : 'Earlier Masks',
    description: choice.replace ? 'replaced' : 'kept where they differ',
  };
  const prompts = importsPrompts(choice);
  const every = {
    label: 'Frames with Prompts',
    description: (choice.every ?? 1) === 1 ? 'all' : `one every ${choice.every} frames`,
  };
  const crowds = { label: 'Crowds', description: choice.crowd === 'skip' ? 'are skipped' : 'are objects' };
  const items = [
    first,
    name,
    replace,
    ...(prompts ? [every] : []),
    ...(choice.format === 'coco' ? [crowds] : []),
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: vscode.l10n.t('Which setting do you want to change?'),
  });
  switch (picked) {
    case first: {
      const answer = await askFirstFrame(title, 'Which number does the source give the first frame?');
      return answer && { ...choice, firstFrame: answer.firstFrame };
    }
    case name: {
      const text = await vscode.window.showInputBox({
        title,
        prompt: vscode.l10n.t('Name of the video in the source'),
        value: choice.name ?? '',
      });
      return text === undefined
        ? undefined
        : { ...choice, name: text.trim() === '' ? undefined : text.trim() };
    }
    case replace:
      return { ...choice, replace: !choice.replace };
    case every: {
      const text = await vscode.window.showInputBox({
        title,
        prompt: vscode.l10n.t('A prompt every how many frames? The first of each object is always taken.'),
        value: String(choice.every ?? 1),
        validateInput: (value) => (/^[1-9]\d{0,8}$/.test(value) ? undefined : 'Give a whole number from 1.'),
      });
      return text === undefined ? undefined : { ...choice, every: Number(text) };
    }
    case crowds:
      return { ...choice, crowd: choice.crowd === 'skip' ? 'keep' : 'skip' };
    case undefined:
    default:
      return undefined;
  }
}

/** Whether boxes and points come in, rather than masks. */
function importsPrompts({ as, format }: ImportParams): boolean {
  return as === 'prompts' || importRow(format).boxes === 'only';
}

/** @returns undefined where nothing was chosen. */
export async function askFirstFrame(
  title: string,
  placeHolder: string,
): Promise<{ readonly firstFrame: 0 | 1 | undefined } | undefined> {
  const items = ([0, 1, undefined] as const).map((firstFrame) => ({
    label: firstFrame === undefined ? 'Automatic' : `From ${firstFrame}`,
    description: firstFrameInWords(firstFrame),
    firstFrame,
  }));
  const picked = await vscode.window.showQuickPick(items, { title, placeHolder, ignoreFocusOut: true });
  return picked && { firstFrame: picked.firstFrame };
}

function firstFrameInWords(first: 0 | 1 | undefined): string {
  return first === undefined ? 'by the rules in docs/formats.md' : `the first frame is ${first}`;
}
