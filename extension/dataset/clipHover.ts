import * as vscode from 'vscode';
import { isCancelled, toErrorData } from '../../shared/protocol/errors';
import type { ClipSummary } from '../../shared/protocol/dataset';
import { confinement } from '../kernel/filePlace';
import type { KernelService } from '../kernel/kernelService';
import type { ClipNode } from './clipTree';

/** Longest side of the picture, in pixels: markdown of more than 100,000 characters is cut. */
const PICTURE_SIZE = 260;
/** Pictures kept, of a few kilobytes each. */
const PICTURES_KEPT = 64;

/** What is shown when the pointer rests on a clip: a picture with its masks, and what is to know of it. */
export class ClipHover {
  /** By clip and its state; null for those without a picture. */
  private readonly pictures = new Map<string, string | null>();

  constructor(private readonly kernel: KernelService) {}

  async of({ clip, root, name }: ClipNode, token: vscode.CancellationToken): Promise<vscode.MarkdownString> {
    const text = new vscode.MarkdownString();
    text.appendMarkdown('**').appendText(name).appendMarkdown('**\n\n');
    if (clip.masks > 0) {
      const picture = await this.picture(clip, root, token);
      if (picture) text.appendMarkdown(`![](data:image/jpeg;base64,${picture})\n\n`);
    }
    for (const line of linesOf(clip)) text.appendText(line).appendMarkdown('\n\n');
    return text;
  }

  private async picture(
    clip: ClipSummary,
    workspaceRoot: string,
    token: vscode.CancellationToken,
  ): Promise<string | null> {
    const key = `${clip.path} ${clip.changed} ${clip.masks} ${clip.verified}`;
    const known = this.pictures.get(key);
    if (known !== undefined) return known;
    const cancel = new AbortController();
    const listening = token.onCancellationRequested(() => cancel.abort());
    try {
      const picture = await this.kernel.request(
        'dataset/picture',
        { path: clip.path, workspaceRoot, ...confinement(), maxDimension: PICTURE_SIZE },
        { signal: cancel.signal },
      );
      this.keep(key, picture && Buffer.from(picture.data).toString('base64'));
    } catch (error) {
      // A hover is no place for errors: the words are shown without a picture.
      if (!isCancelled(error))
        this.kernel.log.warn(`No picture of ${clip.path}: ${toErrorData(error).message}`);
    } finally {
      listening.dispose();
    }
    return this.pictures.get(key) ?? null;
  }

  private keep(key: string, picture: string | null): void {
    this.pictures.set(key, picture);
    const [oldest] = this.pictures.keys();
    if (this.pictures.size > PICTURES_KEPT) this.pictures.delete(oldest);
  }
}

function linesOf(clip: ClipSummary): string[] {
  const { frames, annotated, verified, suspicious, stale, labels, masks, split, unsaved, problems, state } =
    clip;
  if (state === 'none') return ['Nothing is annotated yet.', ...(split ? [`Split: ${split}`] : [])];
  const counted =
    suspicious === undefined ? 'still being checked' : `${suspicious} suspicious, ${stale ?? 0} stale`;
  return [
    `${annotated} of ${frames} frames annotated, ${verified} verified; ${counted}.`,
    `${masks} masks of ${labels.map(({ label, objects }) => `${label}${objects > 1 ? ` (${objects})` : ''}`).join(', ')}`,
    ...(split ? [`Split: ${split}`] : []),
    ...(unsaved ? ['It has unsaved changes.'] : []),
    ...problems,
  ];
}
