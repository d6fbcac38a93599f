import * as vscode from 'vscode';
import {
  affectedClips,
  checkLabels,
  relabelClips,
  type RelabelledClips,
} from '../../kernel/client/relabelClips';
import type { UsedLabel } from '../../shared/protocol/dataset';
import type { RelabelParams } from '../../shared/domain/labels';
import type { ObjectRecord } from '../../shared/domain/annotations';
import type { EditorRegistry } from '../editor/registry';
import { filePlace } from '../kernel/filePlace';
import type { KernelService } from '../kernel/kernelService';
import { withProgress } from '../progress';
import { placed, type Targets } from './targets';

/** More would not be read. */
const CLIPS_SHOWN = 10;

/** Renames a label, or makes one of several, in all clips that use it and in `labels.json`, after a look at what changes. */
export async function changeLabels(
  targets: Targets,
  kernel: KernelService,
  editors: EditorRegistry,
): Promise<void> {
  const title = `Rename or Merge Labels: ${targets.name}`;
  const used = await withProgress('Reading labels', (_report, signal) =>
    kernel.request('dataset/labels', placed(targets), { signal }),
  );
  const from = await askLabels(title, used.labels);
  if (!from) return;
  const to = await askName(title, from, used.labels);
  if (to === undefined) return;
  const color = await askColor(title, from, used.labels);
  if (color === null) return;
  const change: RelabelParams = { from, to, ...(color === undefined ? {} : { color }) };
  checkLabels(used, change, true);
  const clips = affectedClips(used, change);
  const objects = clips.reduce((sum, clip) => sum + clip.objects, 0);
  const apply = from.length > 1 ? 'Merge' : 'Rename';
  const shown = clips
    .slice(0, CLIPS_SHOWN)
    .map((clip) => `${vscode.workspace.asRelativePath(clip.path)}: ${clip.objects} objects`);
  const detail = [
    ...shown,
    ...(clips.length > CLIPS_SHOWN ? [`and ${clips.length - CLIPS_SHOWN} more clips`] : []),
    ...used.files.map((file) => vscode.workspace.asRelativePath(file)),
    'In an open editor this can be undone; other clips are saved at once.',
  ].join('\n');
  const question = `Change ${objects} objects in ${clips.length} clips to "${to}"?`;
  if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, apply)) !== apply) return;

  const done = await withProgress(
    `${apply === 'Merge' ? 'Merging' : 'Renaming'} labels`,
    async (report, signal) => {
      const result = await relabelClips(
        clips,
        (path) => relabel(path, change, kernel, editors, signal),
        signal,
        (n, path) => report(n / clips.length, vscode.workspace.asRelativePath(path)),
      );
      // Last: what is interrupted finds its labels again.
      if (!signal.aborted && result.failed.length === 0) {
        await kernel.request('dataset/changeLabelSet', { ...placed(targets), ...change }, { signal });
      }
      return result;
    },
  );
  await showResult(done, to, kernel);
}

/** As an edit where the clip is open, else saved at once. */
async function relabel(
  path: string,
  change: RelabelParams,
  kernel: KernelService,
  editors: EditorRegistry,
  signal: AbortSignal,
): Promise<{ readonly before: readonly ObjectRecord[] }> {
  const document = editors.documents.find(({ uri }) => uri.fsPath === path);
  if (document) return await document.edit('session/relabel', change);
  const session = await kernel.open({ ...filePlace(vscode.Uri.file(path)), holder: 'VS Code' }, { signal });
  try {
    const { before } = await session.request('session/relabel', change);
    await session.request('session/save', {});
    return { before };
  } finally {
    await session.close();
  }
}

async function askLabels(
  title: string,
  labels: readonly UsedLabel[],
): Promise<readonly string[] | undefined> {
  if (labels.length === 0) {
    void vscode.window.showInformationMessage('No object has a label yet.');
    return undefined;
  }
  const items = labels.map(({ label, objects, clips }) => ({
    label,
    description: `${objects} objects in ${clips.length} clips`,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title,
    canPickMany: true,
    placeHolder: 'Which label is to be renamed? Several become one',
  });
  return picked && picked.length > 0 ? picked.map(({ label }) => label) : undefined;
}

async function askName(
  title: string,
  from: readonly string[],
  labels: readonly UsedLabel[],
): Promise<string | undefined> {
  const name = await vscode.window.showInputBox({
    title,
    prompt: from.length > 1 ? 'What is the one label called?' : `What is "${from[0]}" to be called?`,
    value: from[0],
    validateInput: (text) => {
      if (text.trim() === '') return 'A label needs a name.';
      const other = labels.find(({ label }) => label === text.trim() && !from.includes(label));
      if (!other) return undefined;
      return {
        message: `"${other.label}" is a label already, of ${other.objects} objects: both become one.`,
        severity: vscode.InputBoxValidationSeverity.Info,
      };
    },
  });
  return name?.trim();
}

/** Undefined: as they are; null: given up. */
async function askColor(
  title: string,
  from: readonly string[],
  labels: readonly UsedLabel[],
): Promise<string | undefined | null> {
  const known = [
    ...new Set(labels.filter(({ label }) => from.includes(label)).flatMap(({ colors }) => colors)),
  ];
  const keep = { label: 'Keep Their Colours' };
  const other = { label: 'Another Colour...' };
  const items = [keep, ...known.map((color) => ({ label: color, description: 'for all of them' })), other];
  const picked = await vscode.window.showQuickPick(items, { title, placeHolder: 'Which colour?' });
  if (!picked) return null;
  if (picked === keep) return undefined;
  if (picked !== other) return picked.label;
  const text = await vscode.window.showInputBox({
    title,
    prompt: 'The colour of all of them, as #rrggbb',
    validateInput: (value) => (/^#[0-9a-f]{6}$/i.test(value.trim()) ? undefined : 'Give it as #rrggbb.'),
  });
  return text === undefined ? null : text.trim();
}

async function showResult(
  { clips, failed }: RelabelledClips,
  to: string,
  { log }: KernelService,
): Promise<void> {
  const objects = clips.reduce((sum, { before }) => sum + before.length, 0);
  const text = `${objects} objects in ${clips.length} clips are now "${to}".`;
  if (failed.length === 0) {
    void vscode.window.showInformationMessage(text);
    return;
  }
  for (const { path, message } of failed) log.warn(`${path}: ${message}`);
  const show = 'Show Log';
  const warning = `${text} ${failed.length} clips could not be changed; labels.json stays as it was.`;
  if ((await vscode.window.showWarningMessage(warning, show)) === show) log.show();
}
