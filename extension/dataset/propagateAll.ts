import { basename } from 'node:path';
import * as vscode from 'vscode';
import {
  batchDatabaseDir,
  propagateClips,
  type BatchClip,
  type BatchResult,
} from '../../kernel/client/batch/propagateClips';
import type { ClipSummary } from '../../shared/protocol/dataset';
import type { EditorRegistry } from '../editor/registry';
import type { VideoDocument } from '../editor/videoDocument';
import { filePlace } from '../kernel/filePlace';
import type { KernelService } from '../kernel/kernelService';
import { withProgress, type ReportProgress } from '../progress';
import { kernelSettings, modelId } from '../settings';
import { isMeant, placed, type Targets } from './targets';

/**
 * Propagates every clip with stale or missing masks, in kernels of its own, so that editors stay quick. A batch works from
 * what is saved: unsaved work is saved first, and editors give their clips away while it runs.
 */
export async function propagateAll(
  targets: Targets,
  clips: readonly ClipSummary[],
  kernel: KernelService,
  editors: EditorRegistry,
): Promise<void> {
  let left: Targets | undefined = targets;
  while (left) {
    const now: Targets = left;
    const result = await withProgress('Propagating', (report, signal) =>
      run(now, clips, kernel, editors, report, signal),
    );
    left = await showResult(result, now, kernel);
  }
}

async function run(
  targets: Targets,
  clips: readonly ClipSummary[],
  kernel: KernelService,
  editors: EditorRegistry,
  report: ReportProgress,
  signal: AbortSignal,
): Promise<BatchResult> {
  report(0, 'saving');
  const open = editors.documents.filter(({ uri }) => isMeant(uri.fsPath, targets));
  for (const { uri } of open) await vscode.workspace.save(uri);
  const openPaths = new Set(open.map(({ uri }) => uri.fsPath));
  for (const { path, unsaved } of clips) {
    if (unsaved && isMeant(path, targets) && !openPaths.has(path) && !signal.aborted)
      await save(path, kernel);
  }
  return await withoutEditors(open, () => {
    const { dataDir } = kernelSettings();
    const modelOfNew = modelId();
    const options = {
      ...placed(targets),
      ...(dataDir === undefined ? {} : { dataDir }),
      ...(modelOfNew === undefined ? {} : { modelOfNew }),
      staleOnly: false,
      resume: true,
      databaseDir: batchDatabaseDir(),
    };
    const jobs = vscode.workspace.getConfiguration('masklet').get('batchJobs', 1);
    return propagateClips(
      options,
      { client: 'VS Code', settings: kernelSettings(), jobs },
      signal,
      progressOf(report),
    );
  });
}

/** What is in the database and not in the sidecar, of a clip that no editor has open. */
async function save(path: string, kernel: KernelService): Promise<void> {
  const session = await kernel.open({ ...filePlace(vscode.Uri.file(path)), holder: 'VS Code' });
  try {
    await session.request('session/save', {});
  } finally {
    await session.close();
  }
}

/** Documents give their clips away while a task runs, and show what it did when it is over. */
async function withoutEditors<T>(documents: readonly VideoDocument[], task: () => Promise<T>): Promise<T> {
  let over = (): void => undefined;
  const until = new Promise<void>((resolve) => (over = resolve));
  try {
    await Promise.all(documents.map((document) => document.standAside(until)));
    return await task();
  } finally {
    over();
    await Promise.all(documents.map((document) => document.comeBack().catch(() => undefined)));
  }
}

function progressOf(report: ReportProgress): Parameters<typeof propagateClips>[3] {
  const shares = new Map<string, number>();
  let total = 1;
  const say = (path: string, message: string): void => {
    const done = [...shares.values()].reduce((sum, share) => sum + share, 0);
    report(done / total, `${basename(path)} (${shares.size}/${total})${message}`);
  };
  return {
    started: (path, _position, clips) => {
      total = clips;
      shares.set(path, 0);
      say(path, '');
    },
    frame: (path, { done, total: frames }) => {
      shares.set(path, done / frames);
      say(path, `, frame ${done} of ${frames}`);
    },
    ended: ({ path }) => void shares.set(path, 1),
  };
}

/** @returns what is to be tried again. */
async function showResult(
  { found, clips, cancelled }: BatchResult,
  targets: Targets,
  { log }: KernelService,
): Promise<Targets | undefined> {
  const count = (outcome: BatchClip['outcome']): number =>
    clips.filter((clip) => clip.outcome === outcome).length;
  const failed = clips.filter(({ outcome }) => outcome === 'failed');
  for (const { path, error } of failed) log.error(`${path}: ${error?.message ?? 'failed'}`);
  const elsewhere = count('elsewhere') > 0 ? ` ${count('elsewhere')} are being processed elsewhere.` : '';
  if (failed.length === 0) {
    const done = count('done');
    const text = cancelled
      ? `Stopped after ${done} clips. What was done is saved.`
      : clips.length === 0
        ? `${found === 1 ? 'The clip is' : `All ${found} clips are`} up to date.`
        : `Propagated ${done === 1 ? '1 clip' : `${done} clips`}.${elsewhere}`;
    void vscode.window.showInformationMessage(text);
    return undefined;
  }
  const [first] = failed;
  const more = failed.length > 1 ? `, and ${failed.length - 1} more` : '';
  const text = `${failed.length} of ${clips.length} clips failed: ${basename(first.path)}: ${first.error?.message ?? ''}${more}`;
  const answer = await vscode.window.showWarningMessage(text, 'Retry', 'Show Log');
  if (answer === 'Show Log') log.show();
  return answer === 'Retry' ? { ...targets, paths: failed.map(({ path }) => path) } : undefined;
}
