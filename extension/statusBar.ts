import * as vscode from 'vscode';
import { Disposables } from './dispose';
import type { ModelState, ProviderTrial } from '../shared/protocol/health';
import { BUILT_IN_MODEL } from '../shared/domain/models';
import type { EditorRegistry } from './editor/registry';
import type { KernelService } from './kernel/kernelService';
import { quality } from './settings';

/** Says how the kernel is, with the model and provider that really loaded, and what to do where it failed. */
export class KernelStatusBar implements vscode.Disposable {
  private readonly owned = new Disposables();
  private readonly item = this.owned.add(
    vscode.window.createStatusBarItem('masklet.kernel', vscode.StatusBarAlignment.Right, 100),
  );

  constructor(
    private readonly kernel: KernelService,
    private readonly editors: EditorRegistry,
  ) {
    this.item.name = 'Masklet kernel';
    this.owned.add(kernel.onDidChangeState(() => this.update()));
    this.owned.add(kernel.onDidChangeModel(() => this.update()));
    this.owned.add(editors.onDidChange(() => this.update()));
    this.owned.add(
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('masklet.quality')) this.update();
      }),
    );
    this.update();
  }

  dispose(): void {
    this.owned.dispose();
  }

  private update(): void {
    const { item, kernel } = this;
    const { state } = kernel;
    if (state.state === 'stopped' && this.editors.documents.length === 0) {
      item.hide();
      return;
    }
    item.backgroundColor = undefined;
    item.command = 'masklet.showKernelLog';
    const model = (this.editors.active?.document ?? this.editors.documents[0])?.state.model;
    const busy = this.editors.documents.find((document) => document.state.propagation);
    if (state.state === 'failed') {
      item.text = '$(error) Masklet: kernel stopped';
      item.tooltip = `${state.message}\n${state.hint ?? ''}\nClick to restart it.`;
      item.backgroundColor = new vscode.ThemeColor('statusBarItem.errorBackground');
      item.command = 'masklet.restartKernel';
    } else if (state.state === 'starting') {
      item.text = '$(loading~spin) Masklet: starting';
      item.tooltip = 'The kernel is starting.';
    } else if (model?.state === 'failed') {
      item.text = '$(error) Masklet: no model';
      item.tooltip = `${model.error?.message ?? 'The model did not load.'}\nClick to check what is missing.`;
      item.backgroundColor = new vscode.ThemeColor('statusBarItem.errorBackground');
      item.command = 'masklet.doctor';
    } else if (model?.state === 'loading') {
      item.text = '$(loading~spin) Masklet: loading model';
      item.tooltip = model.id;
    } else if (busy?.state.propagation) {
      const { done, total } = busy.state.propagation;
      item.text = `$(sync~spin) Masklet: ${done}/${total}`;
      item.tooltip = `Propagating through ${busy.name}. Click to cancel.`;
      item.command = 'masklet.cancelPropagation';
    } else {
      item.text = `$(${model?.fallback ? 'warning' : 'check'}) Masklet${nameOf(model)}`;
      item.tooltip = tooltipOf(model);
      item.command = 'masklet.selectModel';
    }
    item.show();
  }
}

/** The model and, once it is loaded, what it runs on. */
function nameOf(model: ModelState | undefined): string {
  if (!model) return '';
  return model.provider ? `: ${model.id}, ${model.provider}` : `: ${model.id}`;
}

const LINKS = [
  ['masklet.selectModel', 'Select Model'],
  ['masklet.selectQuality', 'Select Quality'],
  ['masklet.doctor', 'Doctor'],
  ['masklet.showKernelLog', 'Kernel Log'],
] as const;

/** What was tried, how long it took, and why it is not used. */
function triedLine({ provider, precision, ms, refused }: ProviderTrial): string {
  const took = ms
    ? `: ${Object.values(ms)
        .reduce((sum, value) => sum + value, 0)
        .toFixed(0)} ms`
    : '';
  const reason = refused === undefined ? '' : ` (not used: ${refused.split('\n')[0]})`;
  return `Tried ${provider} in ${precision}${took}${reason}`;
}

function tooltipOf(model: ModelState | undefined): vscode.MarkdownString {
  const text = new vscode.MarkdownString(undefined, true);
  text.isTrusted = { enabledCommands: LINKS.map(([command]) => command) };
  if (model) {
    text.appendText(`Model ${model.id}\n`);
    const precision = model.precision ? `, encoder in ${model.precision}` : '';
    text.appendText(model.provider ? `Provider ${model.provider}${precision}\n` : 'Not loaded\n');
    if (model.id === BUILT_IN_MODEL) text.appendText(`Quality ${quality()}\n`);
    if (model.fallback) text.appendText(`Not used: ${model.fallback}\n`);
    const tried = (model.tried ?? []).filter(({ ms, refused }) => ms !== undefined || refused !== undefined);
    for (const trial of tried) text.appendText(`${triedLine(trial)}\n`);
  }
  return text.appendMarkdown(LINKS.map(([command, title]) => `[${title}](command:${command})`).join(' | '));
}
