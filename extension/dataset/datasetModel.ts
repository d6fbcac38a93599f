import { IMAGE_ENDINGS, VIDEO_ENDINGS } from '../../shared/domain/videoFiles';
import * as vscode from 'vscode';
import { isCancelled } from '../../shared/protocol/errors';
import type { ClipSummary, SummaryProgress } from '../../shared/protocol/dataset';
import { Disposables } from '../dispose';
import type { EditorRegistry } from '../editor/registry';
import { showError } from '../errors';
import type { KernelService } from '../kernel/kernelService';

/** Git changes many files at once, and a propagation many rows: they are looked at when things have calmed down. */
const CALM_MS = 700;
/** But not later than this while they do not. */
const LATEST_MS = 4_000;

/** What is known of the clips of one workspace folder. */
export interface DatasetRoot {
  readonly folder: vscode.WorkspaceFolder;
  /** Sorted by path. */
  readonly clips: readonly ClipSummary[];
  readonly problems: readonly string[];
}

/**
 * How far the clips of the workspace are, as the kernel says; follows files, git and open editors, but only while
 * somebody looks.
 */
export class DatasetModel implements vscode.Disposable {
  private readonly owned = new Disposables();
  private readonly changed = this.owned.add(new vscode.EventEmitter<void>());
  private readonly known = new Map<string, DatasetRoot>();
  private readonly ending = new AbortController();
  private watched = false;
  private outdated = true;
  private reading: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private outdatedSince = 0;
  private revisions = '';

  readonly onDidChange = this.changed.event;

  constructor(
    private readonly kernel: KernelService,
    private readonly editors: EditorRegistry,
  ) {
    this.owned.add({ dispose: () => this.ending.abort() });
    for (const pattern of [
      `**/*.{${[...VIDEO_ENDINGS, ...VIDEO_ENDINGS.map((ending) => ending.toUpperCase())].join(',')}}`,
      '**/*.masklet/**',
      '**/.masklet/splits.json',
    ]) {
      const watcher = this.owned.add(vscode.workspace.createFileSystemWatcher(pattern));
      const look = (uri: vscode.Uri): void => {
        if (!isOwnFile(uri)) this.lookSoon();
      };
      for (const event of [watcher.onDidCreate, watcher.onDidChange, watcher.onDidDelete])
        this.owned.add(event(look));
    }
    // Folders of images are clips; what is in the images is nothing to the view.
    const images = `**/*.{${IMAGE_ENDINGS.join(',')}}`;
    const watcher = this.owned.add(vscode.workspace.createFileSystemWatcher(images, false, true, false));
    for (const event of [watcher.onDidCreate, watcher.onDidDelete])
      this.owned.add(event((uri) => !isOwnFile(uri) && this.lookSoon()));
    this.owned.add(vscode.workspace.onDidChangeWorkspaceFolders(() => this.lookSoon()));
    this.owned.add(editors.onDidChange(() => this.followEditors()));
  }

  /** One for each folder of the workspace that lies on a disk. */
  get roots(): readonly DatasetRoot[] {
    return this.folders().map(
      (folder) => this.known.get(folder.uri.toString()) ?? { folder, clips: [], problems: [] },
    );
  }

  /** True until the clips have been looked at for the first time. */
  get isNew(): boolean {
    return this.folders().some(({ uri }) => !this.known.has(uri.toString()));
  }

  /** Says whether anybody looks: what changes meanwhile is read when somebody does. */
  watch(on: boolean): void {
    this.watched = on;
    if (on && this.outdated) void this.refresh();
  }

  /** Looks at everything now. Settles when all clips are counted. */
  async refresh(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.outdated = true;
    // What changes while clips are read is seen in another round.
    while (this.outdated && !this.ending.signal.aborted) {
      this.reading ??= this.read().finally(() => {
        this.reading = undefined;
        this.changed.fire();
      });
      await this.reading;
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.owned.dispose();
  }

  private folders(): vscode.WorkspaceFolder[] {
    return (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  }

  private async read(): Promise<void> {
    this.outdated = false;
    this.outdatedSince = 0;
    for (const folder of this.folders()) {
      try {
        await this.readFolder(folder);
      } catch (error) {
        if (isCancelled(error)) return;
        this.known.set(folder.uri.toString(), { folder, clips: [], problems: [] });
        showError(error, this.kernel.log);
      }
    }
  }

  private async readFolder(folder: vscode.WorkspaceFolder): Promise<void> {
    const key = folder.uri.toString();
    const seen = new Map<string, ClipSummary>();
    const before = this.known.get(key);
    const onProgress = (value: SummaryProgress): void => {
      const { clips } = value;
      for (const clip of clips) seen.set(clip.path, clip);
      this.known.set(key, { folder, clips: [...seen.values()], problems: before?.problems ?? [] });
      this.changed.fire();
    };
    const { clips, problems } = await this.kernel.request(
      'dataset/summary',
      { root: folder.uri.fsPath, keep: vscode.workspace.isTrusted },
      { signal: this.ending.signal, onProgress },
    );
    this.known.set(key, { folder, clips, problems });
    this.changed.fire();
  }

  private lookSoon(): void {
    this.outdated = true;
    if (!this.watched) return;
    const now = Date.now();
    this.outdatedSince ||= now;
    const wait = Math.max(0, Math.min(CALM_MS, this.outdatedSince + LATEST_MS - now));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.refresh(), wait);
  }

  /** Documents say of themselves when their rows changed; the database is not watched. */
  private followEditors(): void {
    const revisions = this.editors.documents.map(
      (document) => `${document.uri.toString()} ${document.revision}`,
    );
    if (revisions.join('\n') === this.revisions) return;
    this.revisions = revisions.join('\n');
    this.lookSoon();
  }
}

/** The database and what belongs to it change when clips are counted: looking at that again would never end. */
function isOwnFile({ path }: vscode.Uri): boolean {
  return /\/\.masklet\/(?!splits\.json$)/.test(path);
}
