import * as vscode from 'vscode';
import { isQuality, type Quality } from '../shared/domain/annotations';
import type { KernelSettings } from '../shared/protocol/settings';

/** The model that videos are opened with; undefined: the kernel's own choice. */
export function modelId(): string | undefined {
  return vscode.workspace.getConfiguration('masklet').get<string>('model')?.trim() || undefined;
}

/** Changes that where it is set, else for the user. */
export async function setModelId(id: string | undefined): Promise<void> {
  await change('model', id);
}

/** Changes what propagation may cost where it is set, else for the user. */
export async function setQuality(wanted: Quality): Promise<void> {
  await change('quality', wanted);
}

async function change(name: 'model' | 'quality', value: string | undefined): Promise<void> {
  const settings = vscode.workspace.getConfiguration('masklet');
  const ofWorkspace = settings.inspect<string>(name)?.workspaceValue !== undefined;
  const { Global, Workspace } = vscode.ConfigurationTarget;
  await settings.update(name, value, ofWorkspace ? Workspace : Global);
}

/** What propagation may cost with the built-in model. */
export function quality(): Quality {
  const set = vscode.workspace.getConfiguration('masklet').get<unknown>('quality');
  return isQuality(set) ? set : 'balanced';
}

/** What the kernel is started with, from VS Code's settings; what is not set is left to the kernel's defaults. */
export function kernelSettings(): Partial<KernelSettings> {
  const settings = vscode.workspace.getConfiguration('masklet');
  const path = (name: string): string | undefined => settings.get<string>(name)?.trim() || undefined;
  const ffmpegPath = path('ffmpegPath');
  const dataDir = path('dataDir');
  const modelDir = path('modelDir');
  const proxy = proxyOfVsCode();
  return {
    ...(ffmpegPath ? { ffmpegPath } : {}),
    ...(dataDir ? { dataDir } : {}),
    ...(modelDir ? { modelDir } : {}),
    ...(proxy ? { proxy } : {}),
    maxConcurrentSessions: settings.get('maxConcurrentSessions', 2),
    maxVideoFrames: settings.get('maxVideoFrames', 0),
    maxFrameDimension: settings.get('maxFrameDimension', 1920),
    sessionTimeout: settings.get('sessionTimeout', 300),
    executionProviders: settings.get('executionProviders', ['auto']),
    givesWay: true,
    countEffort: settings.get('countEffort', true),
    halfPrecision: settings.get('halfPrecision', true),
    encoderPrecision: settings.get('encoderPrecision', 'auto'),
    quality: quality(),
  };
}

/** VS Code's own setting: the kernel is a process of its own, which VS Code's patched network does not reach. */
function proxyOfVsCode(): string | undefined {
  const http = vscode.workspace.getConfiguration('http');
  return http.get('proxySupport') === 'off' ? undefined : http.get<string>('proxy')?.trim() || undefined;
}
