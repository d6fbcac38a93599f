import * as vscode from 'vscode';
import type { KernelSettings } from '../kernel/protocol';

/** What the kernel is started with, from VS Code's settings; what is not set is left to the kernel's defaults. */
export function kernelSettings(): Partial<KernelSettings> {
  const settings = vscode.workspace.getConfiguration('masklet');
  const path = (name: string): string | undefined => settings.get<string>(name)?.trim() || undefined;
  const ffmpegPath = path('ffmpegPath');
  const dataDir = path('dataDir');
  const modelDir = path('modelDir');
  return {
    ...(ffmpegPath ? { ffmpegPath } : {}),
    ...(dataDir ? { dataDir } : {}),
    ...(modelDir ? { modelDir } : {}),
    maxConcurrentSessions: settings.get('maxConcurrentSessions', 2),
    maxVideoFrames: settings.get('maxVideoFrames', 0),
    maxFrameDimension: settings.get('maxFrameDimension', 1920),
    sessionTimeout: settings.get('sessionTimeout', 300),
    executionProviders: settings.get('executionProviders', ['cuda', 'cpu']),
  };
}
