import * as vscode from 'vscode';
import type { ErrorData } from '../../shared/protocol/errors';
import type { KernelService } from './kernelService';
import { reportBytes, withProgress } from '../progress';
import { kernelSettings } from '../settings';

/** Fetches an ffmpeg into the extension's own folder. @throws MaskletError */
export async function installFfmpeg(kernel: KernelService): Promise<string> {
  const { version } = await withProgress(vscode.l10n.t('Downloading ffmpeg'), (report, signal) =>
    kernel.request('ffmpeg/install', {}, { signal, onProgress: reportBytes(report) }),
  );
  return version;
}

/** Whether an error can be mended by fetching ffmpeg: one that the user named is never passed over. */
export function isMendedByFfmpeg({ code }: ErrorData): boolean {
  return code === 'ffmpeg/missing' && kernelSettings().ffmpegPath === undefined;
}

/**
 * Asks whether to fetch ffmpeg, and does.
 * @returns whether it is there now
 * @throws MaskletError where the download fails
 */
export async function offerFfmpeg(kernel: KernelService, error: ErrorData): Promise<boolean> {
  const download = vscode.l10n.t('Download ffmpeg');
  const detail = [
    vscode.l10n.t(
      'Masklet reads videos with ffmpeg. It can download a build of it (50 to 90 MB, checked by SHA-256) into its own folder.',
    ),
    error.hint,
  ];
  const picked = await vscode.window.showWarningMessage(
    error.message,
    { modal: true, detail: detail.filter(Boolean).join('\n\n') },
    download,
  );
  if (picked !== download) return false;
  await installFfmpeg(kernel);
  return true;
}
