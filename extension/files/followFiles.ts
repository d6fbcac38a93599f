// extension/files/: files that are renamed or deleted in VS Code, and their annotations.
import * as vscode from 'vscode';
import { Disposables } from '../dispose';
import type { EditorRegistry } from '../editor/registry';
import type { VideoDocument } from '../editor/videoDocument';
import { showError } from '../errors';
import type { KernelService } from '../kernel/kernelService';
import { filePlace, isAtOrBelow, isVideo, mayBeClip } from '../kernel/filePlace';

/** VS Code tells of a move before it is made and after; of one that failed it says nothing. */
const FAILED_AFTER_MS = 10_000;

interface Move {
  readonly to: vscode.Uri;
  /** Settles once the annotations have arrived, or it is clear that nothing moves. */
  readonly over: Promise<void>;
  readonly end: () => void;
}

/**
 * Takes the annotations of videos along when they are renamed or moved in the Explorer, alone or with their folder, and
 * asks about them when they are deleted.
 */
export class FollowFiles implements vscode.Disposable {
  private readonly owned = new Disposables();
  /** By old address and new. */
  private readonly moves = new Map<string, Move>();
  private readonly deleting = new Set<string>();

  constructor(
    private readonly kernel: KernelService,
    private readonly editors: EditorRegistry,
  ) {
    this.owned.add(vscode.workspace.onWillRenameFiles((event) => event.waitUntil(this.prepare(event.files))));
    this.owned.add(vscode.workspace.onDidRenameFiles(({ files }) => void this.follow(files)));
    this.owned.add(vscode.workspace.onWillDeleteFiles((event) => event.waitUntil(this.look(event.files))));
    this.owned.add(vscode.workspace.onDidDeleteFiles(({ files }) => void this.askAbout(files)));
  }

  dispose(): void {
    this.owned.dispose();
    for (const { end } of this.moves.values()) end();
  }

  /** Waits for what is being moved to this address: a video is opened once its annotations are there. */
  async arrived(uri: vscode.Uri): Promise<void> {
    const coming = [...this.moves.values()].filter(({ to }) => isAtOrBelow(uri, to));
    await Promise.all(coming.map(({ over }) => over));
  }

  /** Lets go of the clips that are to move, so that they can be opened, to be written, at their new address. */
  private async prepare(files: readonly { oldUri: vscode.Uri; newUri: vscode.Uri }[]): Promise<void> {
    const closing = files.flatMap(({ oldUri, newUri }) => {
      const { over } = this.begin(oldUri, newUri);
      return this.openBelow(oldUri).map((document) => document.standAside(over));
    });
    await Promise.all(closing);
  }

  private begin(from: vscode.Uri, to: vscode.Uri): Move {
    const key = `${from.toString()} ${to.toString()}`;
    const known = this.moves.get(key);
    if (known) return known;
    let end = (): void => undefined;
    const over = new Promise<void>((resolve) => {
      const failed = setTimeout(resolve, FAILED_AFTER_MS);
      end = () => {
        clearTimeout(failed);
        resolve();
      };
    }).finally(() => this.moves.delete(key));
    const move = { to, over, end };
    this.moves.set(key, move);
    return move;
  }

  private async follow(files: readonly { oldUri: vscode.Uri; newUri: vscode.Uri }[]): Promise<void> {
    for (const { oldUri, newUri } of files) {
      const { over, end } = this.begin(oldUri, newUri);
      try {
        if (!(await mayHaveAnnotations(newUri))) continue;
        // Another part of VS Code may have held the move up for so long that a clip was opened again.
        await Promise.all(this.openBelow(oldUri).map((document) => document.standAside(over)));
        await this.kernel.request('annotations/move', { from: filePlace(oldUri), to: filePlace(newUri) });
      } catch (error) {
        showError(error, this.kernel.log);
      } finally {
        end();
      }
    }
  }

  /** What has gone does not tell any more what it was. */
  private async look(uris: readonly vscode.Uri[]): Promise<void> {
    for (const uri of uris) if (await mayHaveAnnotations(uri)) this.deleting.add(uri.toString());
  }

  private async askAbout(deleted: readonly vscode.Uri[]): Promise<void> {
    const uris = deleted.filter((uri) => this.deleting.delete(uri.toString()));
    if (uris.length === 0) return;
    try {
      const places = uris.map(filePlace);
      const open = uris.flatMap((uri) => this.openBelow(uri));
      await Promise.all(open.map((document) => document.standAside(Promise.resolve())));
      const found = await Promise.all(places.map((place) => this.kernel.request('annotations/find', place)));
      const sidecars = found.flatMap((one) => one.sidecars);
      const videos = new Set(found.flatMap((one) => one.videos));
      if (sidecars.length === 0 && videos.size === 0) return;
      const names = (paths: readonly string[]): string =>
        paths.map((path) => vscode.workspace.asRelativePath(path)).join(', ');
      const where = sidecars.length > 0 ? `in ${names(sidecars)}` : 'in the database, not saved yet';
      const remove = vscode.l10n.t('Delete Them Too');
      const answer = await vscode.window.showWarningMessage(
        `Deleted: ${names(uris.map((uri) => uri.fsPath))}. The annotations are still there, ${where}.`,
        'Keep Them',
        remove,
      );
      if (answer !== remove) return;
      for (const sidecar of sidecars) await removeFolder(vscode.Uri.file(sidecar));
      for (const place of places) await this.kernel.request('annotations/forget', place);
    } catch (error) {
      showError(error, this.kernel.log);
    }
  }

  private openBelow(uri: vscode.Uri): VideoDocument[] {
    return this.editors.documents.filter((document) => isAtOrBelow(document.uri, uri));
  }
}

/** A file that no editor of ours opens has none; every folder may hold videos. */
async function mayHaveAnnotations(uri: vscode.Uri): Promise<boolean> {
  if (uri.scheme !== 'file') return false;
  if (isVideo(uri)) return true;
  const { type } = await vscode.workspace.fs.stat(uri);
  if (type === vscode.FileType.Directory) return true;
  // Workspaces are full of pictures; few are clips.
  return mayBeClip(uri) && (await exists(uri.with({ path: `${uri.path}.masklet` })));
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  return await vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}

async function removeFolder(uri: vscode.Uri): Promise<void> {
  try {
    await vscode.workspace.fs.delete(uri, { recursive: true, useTrash: true });
  } catch {
    // Where there is no trash, as on a remote machine, what was agreed to be deleted is deleted for good.
    await vscode.workspace.fs.delete(uri, { recursive: true, useTrash: false });
  }
}
