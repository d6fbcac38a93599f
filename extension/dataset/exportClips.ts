import { join } from 'node:path';
import * as vscode from 'vscode';
import { EXPORT_FORMATS, exportRow, FORMATS, type ExportFormat } from '../../shared/formats';
import type { ExportParams, ExportResult, FrameSelection, StaleMasks } from '../../shared/protocol/dataset';
import type { KernelService } from '../kernel/kernelService';
import { withProgress } from '../progress';
import { placed, type Targets } from './targets';

/** What may be chosen beyond the format; each has a default. */
type Choices = Pick<ExportParams, 'frames' | 'images' | 'shapes' | 'codec' | 'labels' | 'split' | 'stale'>;

/** What there is to choose from in the clips. */
export interface ExportChoices {
  readonly labels: readonly string[];
  readonly splits: readonly string[];
}

/** Asks for format, folder and options, then exports with progress; the folder appears when all is written. */
export async function exportClips(
  targets: Targets,
  kernel: KernelService,
  there: ExportChoices,
  bringUpToDate: BringUpToDate,
): Promise<void> {
  const format = await askFormat(`Export: ${targets.name}`);
  if (!format) return;
  const place = await askFolder(format, targets);
  if (place === undefined) return;
  const { out } = place;
  const choices = await askOptions(format, out, there);
  if (!choices) return;
  const stale = await askAboutStale(bringUpToDate);
  if (stale === 'cancel') return;
  const params: ExportParams = {
    ...placed(targets),
    format,
    ...place,
    ...choices,
    ...(stale ? { stale } : {}),
  };
  const result = await withProgress(`Exporting ${FORMATS[format].title}`, (report, signal) =>
    kernel.request('dataset/export', params, {
      signal,
      onProgress: (value) => {
        const { clip, clipsDone, clips, done, total } = value;
        report(
          (clipsDone + done / total) / clips,
          `${clip} (${clipsDone + 1}/${clips}), frame ${done} of ${total}`,
        );
      },
    }),
  );
  await showResult(result, kernel);
}

/** What an export can do about masks whose prompts changed since. */
export interface BringUpToDate {
  /** Frames with such masks. */
  readonly count: () => Promise<number>;
  readonly propagate: () => Promise<void>;
}

/** Asks before masks are written that are known to be out of date. Undefined: there are none. */
export async function askAboutStale({
  count,
  propagate,
}: BringUpToDate): Promise<StaleMasks | 'cancel' | undefined> {
  for (let frames = await count(); frames > 0; frames = await count()) {
    const first = vscode.l10n.t('Propagate First');
    const leaveOut = vscode.l10n.t('Leave Them Out');
    const anyway = vscode.l10n.t('Export All the Same');
    const message =
      frames === 1
        ? vscode.l10n.t('1 frame has stale masks.')
        : vscode.l10n.t('{0} frames have stale masks.', frames);
    const detail = vscode.l10n.t('Their prompts changed since they were computed.');
    const answer = await vscode.window.showWarningMessage(
      message,
      { modal: true, detail },
      first,
      leaveOut,
      anyway,
    );
    if (answer === leaveOut) return 'leave-out';
    if (answer === anyway) return 'export';
    if (answer !== first) return 'cancel';
    await propagate();
  }
  return undefined;
}

async function askFormat(title: string): Promise<ExportFormat | undefined> {
  const items = EXPORT_FORMATS.map((format) => ({
    label: FORMATS[format].title,
    description: format,
    detail: FORMATS[format].about,
    format,
  }));
  const options = {
    title,
    placeHolder: vscode.l10n.t('Which format?'),
    matchOnDescription: true,
    matchOnDetail: true,
  };
  return (await vscode.window.showQuickPick(items, options))?.format;
}

/** A folder that does not exist yet, in the workspace or elsewhere, or that of an earlier export. */
async function askFolder(
  format: ExportFormat,
  targets: Targets,
): Promise<Pick<ExportParams, 'out' | 'update'> | undefined> {
  const root = targets.workspaceRoot ?? vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  const suggested = root && (await newFolder(join(root, 'exports'), format));
  const inside = {
    label: 'In the Workspace',
    description: suggested === undefined ? '' : vscode.workspace.asRelativePath(suggested),
  };
  const elsewhere = { label: 'Elsewhere...', description: 'a new folder is created in the one you choose' };
  const update = {
    label: 'Update an Earlier Export...',
    description: 'files that still hold stay; the rest is written again',
  };
  const options = {
    title: `Export ${FORMATS[format].title}`,
    placeHolder: vscode.l10n.t('Export to which folder?'),
  };
  const items = [...(suggested === undefined ? [] : [inside]), elsewhere, update];
  const answer = await vscode.window.showQuickPick(items, options);
  if (answer === inside && suggested !== undefined) return { out: suggested };
  if (!answer) return undefined;
  const found = await vscode.window.showOpenDialog({
    title:
      answer === update
        ? `Update an Earlier ${FORMATS[format].title} Export`
        : `Export ${FORMATS[format].title} to a New Folder In`,
    canSelectFiles: false,
    canSelectFolders: true,
    openLabel: answer === update ? 'Update' : 'Export Here',
    ...(answer === update && root !== undefined
      ? { defaultUri: vscode.Uri.file(join(root, 'exports')) }
      : {}),
  });
  if (!found) return undefined;
  const folder = found[0].fsPath;
  return answer === update ? { out: folder, update: true } : { out: await newFolder(folder, format) };
}

/** `coco`, else `coco-2`, ... */
async function newFolder(parent: string, format: ExportFormat): Promise<string> {
  for (let n = 1; ; n++) {
    const folder = join(parent, n === 1 ? format : `${format}-${n}`);
    const taken = await vscode.workspace.fs.stat(vscode.Uri.file(folder)).then(
      () => true,
      () => false,
    );
    if (!taken) return folder;
  }
}

interface Option extends vscode.QuickPickItem {
  /** The choices after this one was changed; undefined: export with what was chosen. */
  readonly change?: (choices: Choices) => Promise<Choices>;
}

/** A list that comes back until it is left with Export; Escape gives the export up. */
async function askOptions(
  format: ExportFormat,
  out: string,
  there: ExportChoices,
): Promise<Choices | undefined> {
  const title = `Export ${FORMATS[format].title}`;
  let choices: Choices = {};
  for (;;) {
    const items: Option[] = [
      { label: '$(export) Export', description: vscode.workspace.asRelativePath(out) },
      { label: 'Options', kind: vscode.QuickPickItemKind.Separator },
      ...optionsOf(format, choices, there, title),
    ];
    const picked = await vscode.window.showQuickPick(items, {
      title,
      placeHolder: vscode.l10n.t('Press Enter to export, or change an option'),
    });
    if (!picked) return undefined;
    if (!picked.change) return choices;
    choices = await picked.change(choices);
  }
}

function optionsOf(format: ExportFormat, choices: Choices, there: ExportChoices, title: string): Option[] {
  const { imageChoices, shapes, codecs } = exportRow(format);
  const options: Option[] = [
    {
      label: 'Frames',
      description: framesInWords(choices.frames),
      change: async (all) => ({ ...all, frames: (await askFrames(title)) ?? all.frames }),
    },
  ];
  if (there.labels.length > 1) {
    options.push({
      label: 'Labels',
      description: choices.labels?.join(', ') ?? 'all',
      change: async (all) => ({ ...all, labels: await askLabels(title, there.labels, all.labels) }),
    });
  }
  if (there.splits.length > 0) {
    options.push({
      label: 'Splits',
      description: choices.split === false ? 'ignored: everything is in train' : there.splits.join(', '),
      change: (all) => Promise.resolve({ ...all, split: all.split === false ? undefined : false }),
    });
  }
  if (imageChoices.length > 0) {
    options.push({
      label: 'Pictures',
      description: choices.images ?? 'JPEG where the format needs them',
      change: async (all) => ({ ...all, images: await pick(title, imageChoices, all.images) }),
    });
  }
  if (shapes) {
    options.push({
      label: 'Shapes',
      description: choices.shapes ?? 'masks',
      change: async (all) => ({ ...all, shapes: await pick(title, ['masks', 'polygons'], all.shapes) }),
    });
  }
  if (codecs) {
    options.push({
      label: 'Codec',
      description: choices.codec ?? 'prores',
      change: async (all) => ({ ...all, codec: await pick(title, ['prores', 'webm'], all.codec) }),
    });
  }
  return options;
}

async function pick<T extends string>(
  title: string,
  values: readonly T[],
  current: T | undefined,
): Promise<T | undefined> {
  const items = values.map((label) => ({ label }));
  return (await vscode.window.showQuickPick(items, { title }))?.label ?? current;
}

function framesInWords(selection: FrameSelection = { kind: 'all' }): string {
  if (selection.kind === 'every') return `every ${selection.step}`;
  return selection.kind === 'all' ? 'all' : 'frames whose masks are all verified';
}

async function askFrames(title: string): Promise<FrameSelection | undefined> {
  const every = { label: 'Every N-th...' };
  const items = [
    { label: 'All', selection: 'all' as const },
    { label: 'Verified', selection: 'verified' as const },
    every,
  ];
  const picked = await vscode.window.showQuickPick(items, { title });
  if (!picked) return undefined;
  if ('selection' in picked) return { kind: picked.selection };
  const step = await vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t('Export every Nth frame'),
    value: '10',
    validateInput: (text) => (/^[1-9]\d{0,5}$/.test(text.trim()) ? undefined : 'A whole number from 1.'),
  });
  return step === undefined ? undefined : { kind: 'every', step: Number(step) };
}

/** Undefined for all. */
async function askLabels(
  title: string,
  labels: readonly string[],
  current: readonly string[] | undefined,
): Promise<readonly string[] | undefined> {
  const items = labels.map((label) => ({ label, picked: current?.includes(label) ?? true }));
  const picked = await vscode.window.showQuickPick(items, {
    title,
    canPickMany: true,
    placeHolder: vscode.l10n.t('Which labels?'),
  });
  if (!picked || picked.length === 0) return current;
  return picked.length === labels.length ? undefined : picked.map(({ label }) => label);
}

async function showResult(result: ExportResult, { log }: KernelService): Promise<void> {
  const { out, clips, warnings } = result;
  for (const warning of warnings) log.warn(warning);
  const sum = (of: (clip: (typeof clips)[number]) => number): number =>
    clips.reduce((all, clip) => all + of(clip), 0);
  const text =
    `Exported ${clips.length === 1 ? '1 clip' : `${clips.length} clips`} with ${sum(({ frames }) => frames)} frames and ` +
    `${sum(({ masks }) => masks)} masks to ${vscode.workspace.asRelativePath(out)}.`;
  const reveal = vscode.l10n.t('Show in Explorer');
  const show = warnings.length === 1 ? 'Show Warning' : `Show ${warnings.length} Warnings`;
  const inside = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(out)) !== undefined;
  const actions = [...(inside ? [reveal] : []), ...(warnings.length > 0 ? [show] : [])];
  const chosen = await vscode.window.showInformationMessage(text, ...actions);
  if (chosen === reveal) await vscode.commands.executeCommand('revealInExplorer', vscode.Uri.file(out));
  if (chosen === show) log.show();
}
