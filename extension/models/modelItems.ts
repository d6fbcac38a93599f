import * as vscode from 'vscode';
import type { ModelInfo, ModelRecommendation } from '../../shared/protocol/models';

export interface ModelItem extends vscode.QuickPickItem {
  /** Absent where the item is something else. */
  readonly model?: ModelInfo;
}

export function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}

/** Models that are here, then those to be had; `current` is marked, and what is recommended says why, first of those to be had. */
export function modelItems(
  models: readonly ModelInfo[],
  current: string | undefined,
  recommended?: ModelRecommendation,
): ModelItem[] {
  const first = (model: ModelInfo): number => (model.id === recommended?.id ? 0 : 1);
  const ordered = models.toSorted((a, b) => first(a) - first(b));
  const here = models.filter(({ installed }) => installed);
  const away = ordered.filter(({ installed }) => !installed);
  const heading = (label: string): ModelItem => ({ label, kind: vscode.QuickPickItemKind.Separator });
  return [
    heading('on this machine'),
    ...here.map((model) => withReason(onThisMachine(model, model.id === current), recommended)),
    ...(away.length > 0
      ? [heading('to download'), ...away.map((model) => withReason(toDownload(model), recommended))]
      : []),
  ];
}

function withReason(item: ModelItem, recommended: ModelRecommendation | undefined): ModelItem {
  if (!recommended || item.model?.id !== recommended.id) return item;
  return { ...item, description: `${item.description ?? ''} (recommended)`, detail: recommended.reason };
}

export function onThisMachine(model: ModelInfo, isCurrent: unknown = false): ModelItem {
  const origin = { 'built-in': 'built in', published: 'downloaded', imported: 'imported' }[model.source];
  return item(isCurrent === true ? 'check' : 'symbol-misc', model, origin);
}

export function toDownload(model: ModelInfo): ModelItem {
  return item('cloud-download', model, 'not downloaded');
}

function item(icon: string, model: ModelInfo, state: string): ModelItem {
  const { id, title, bytes, speed, license } = model;
  return {
    model,
    label: `$(${icon}) ${title}`,
    description: id,
    detail: [state, megabytes(bytes), speed, license].filter(Boolean).join(' · '),
  };
}
