import { IMAGE_ENDINGS, VIDEO_ENDINGS } from '../../shared/domain/videoFiles';
import * as vscode from 'vscode';
import type { FrameAddress } from '../../kernel/client/frameLink';
import { CancelledError, MaskletError } from '../../shared/protocol/errors';
import type { EditorRegistry } from '../editor/registry';
import { mayBeClip } from '../kernel/filePlace';
import { showFrame } from '../review/showFrame';

/**
 * Opens what a link names. A link may come from anywhere, so it opens videos, images and folders of images and nothing else, on this window's machine and
 * nowhere else, and outside of the workspace only where the user agrees.
 * @throws MaskletError `input/invalid`, `video/not-found`, `video/no-such-frame`, `cancelled`
 */
export async function openLink(editors: EditorRegistry, address: FrameAddress): Promise<void> {
  const uri = await onThisMachine(parse(address.uri));
  if (!vscode.workspace.getWorkspaceFolder(uri)) await agree(uri);
  await openFrame(editors, uri, address);
}

/** Opens a frame of a video on this machine. @throws MaskletError as `openLink` */
export async function openFrame(
  editors: EditorRegistry,
  uri: vscode.Uri,
  { frame, object }: Pick<FrameAddress, 'frame' | 'object'>,
): Promise<void> {
  const kind = await kindOf(uri);
  if (kind === undefined) throw new MaskletError('video/not-found', `${uri.fsPath} does not exist here.`);
  if (kind === 'file' && !mayBeClip(uri)) {
    const endings = [...VIDEO_ENDINGS, ...IMAGE_ENDINGS].map((ending) => `.${ending}`);
    throw new MaskletError('input/invalid', `${uri.path} is not a video that Masklet opens.`, {
      hint: `Masklet opens ${endings.join(', ')} files, and folders of numbered images.`,
    });
  }
  const place = { ...(frame === undefined ? {} : { frame }), ...(object === undefined ? {} : { object }) };
  // Its own page says why a video cannot be shown.
  if (!(await showFrame(editors, uri, place))) return;
  const document = editors.documents.find((open) => open.uri.toString() === uri.toString());
  const { video, objects } = document?.state ?? {};
  if (video && !video.indexing && frame !== undefined && frame >= video.frameCount) {
    throw new MaskletError(
      'video/no-such-frame',
      `${document?.name} has no frame ${frame}: its last one is ${video.frameCount - 1}.`,
    );
  }
  if (objects && object !== undefined && !objects.some(({ id }) => id === object)) {
    throw new MaskletError('object/unknown', `${document?.name} has no object "${object}" (any more).`);
  }
}

function parse(text: string): vscode.Uri {
  try {
    return vscode.Uri.parse(text, true);
  } catch (error) {
    throw new MaskletError('input/invalid', `"${text}" is not a link to a video.`, { cause: error });
  }
}

/** The file's address as this extension knows it, which runs where the file is. */
async function onThisMachine(uri: vscode.Uri): Promise<vscode.Uri> {
  const { remoteName } = vscode.env;
  if (uri.scheme === 'vscode-remote') {
    const own =
      remoteName !== undefined &&
      (uri.authority === remoteName || uri.authority.startsWith(`${remoteName}+`));
    if (own) return uri.with({ scheme: 'file', authority: '' });
    const open = vscode.l10n.t('Open a Window There');
    const chosen = await vscode.window.showWarningMessage(
      `This link is to a video on ${uri.authority}, to which this window is not connected.`,
      open,
    );
    if (chosen === open) {
      await vscode.commands.executeCommand('vscode.newWindow', { remoteAuthority: uri.authority });
    }
    throw new CancelledError();
  }
  // A host's name in a file's address makes Windows ask that host, with the user's name and a hash of the password.
  const shared = uri.scheme === 'file' && uri.authority !== '' && !vscode.workspace.getWorkspaceFolder(uri);
  if (uri.scheme === 'file' && !shared) return uri;
  throw new MaskletError(
    'input/invalid',
    `Links open videos on a disk of this machine, not ${uri.scheme}://${uri.authority}.`,
    shared ? { hint: 'Open a folder of that host in this window first.' } : {},
  );
}

/** @throws CancelledError */
async function agree(uri: vscode.Uri): Promise<void> {
  const open = vscode.l10n.t('Open');
  const detail = `${uri.fsPath}\n\nIt is not in a folder of this window.`;
  const answer = await vscode.window.showWarningMessage(
    'A link wants to open this video. Open it?',
    { modal: true, detail },
    open,
  );
  if (answer !== open) throw new CancelledError();
}

/** Undefined where nothing is there. */
async function kindOf(uri: vscode.Uri): Promise<'file' | 'folder' | undefined> {
  try {
    const { type } = await vscode.workspace.fs.stat(uri);
    if ((type & vscode.FileType.Directory) !== 0) return 'folder';
    return (type & vscode.FileType.File) !== 0 ? 'file' : undefined;
  } catch {
    return undefined;
  }
}
