import * as vscode from 'vscode';
import { toErrorData } from '../../shared/protocol/errors';
import type { ErrorData } from '../../shared/protocol/errors';
import type { ModelInfo } from '../../shared/protocol/models';
import type { ModelState } from '../../shared/protocol/health';
import { Disposables } from '../dispose';
import type { EditorRegistry } from '../editor/registry';
import type { VideoDocument } from '../editor/videoDocument';
import type { KernelService } from '../kernel/kernelService';

/**
 * Where the chosen model is not here, is damaged or does not load, work goes on with the built-in one: that is said once
 * for a model, with the way out, until it loads or is chosen again.
 */
export class ModelFallback implements vscode.Disposable {
  private readonly owned = new Disposables();
  private readonly told = new Set<string>();
  private readonly loading = new Set<string>();
  /** Models that did not load; one that fails in the middle of its work is not replaced. */
  private readonly broken = new Map<string, ErrorData>();
  private readonly stuck = new WeakSet<VideoDocument>();
  private replacing = false;

  constructor(
    private readonly kernel: KernelService,
    private readonly editors: EditorRegistry,
  ) {
    this.owned.add(kernel.onDidChangeModel((model) => this.note(model)));
    // A model may have failed before the document that was opened with it was there.
    this.owned.add(editors.onDidChange(() => void this.replace()));
  }

  dispose(): void {
    this.owned.dispose();
  }

  /** Says it again where this model, which is chosen anew, does not load. */
  forget(id: string): void {
    this.told.delete(id);
  }

  /** Says that `wanted` cannot be used, and that `used` does the work. */
  tell(wanted: string, used: string, error: ErrorData): void {
    this.kernel.log.warn(`${wanted} cannot be used: ${error.message}`);
    if (this.told.has(wanted)) return;
    this.told.add(wanted);
    void this.show(wanted, used, error);
  }

  private async show(wanted: string, used: string, { message }: ErrorData): Promise<void> {
    const listed = (await this.list()).find(({ id }) => id === wanted);
    const mend = {
      published: [{ title: 'Download', command: 'masklet.downloadModel', args: [wanted] }],
      imported: [{ title: 'Import Checkpoint', command: 'masklet.importCheckpoint', args: [] }],
      'built-in': [],
    }[listed?.source ?? 'built-in'];
    const actions = [...mend, { title: 'Select Model', command: 'masklet.selectModel', args: [] }];
    // The log has it in full.
    const reason = message.split('\n')[0].replace(/\b([0-9a-f]{8})[0-9a-f]{56}\b/g, '$1...');
    const text = `Masklet: ${reason} Using ${used}.`;
    const chosen = await vscode.window.showWarningMessage(text, ...actions);
    if (chosen) void vscode.commands.executeCommand(chosen.command, ...chosen.args);
  }

  private async list(): Promise<readonly ModelInfo[]> {
    return await this.kernel.request('models/list', {}).catch(() => []);
  }

  private note({ id, state, error }: ModelState): void {
    const wasLoading = this.loading.delete(id);
    if (state === 'loading') this.loading.add(id);
    if (state === 'ready') this.told.delete(id);
    if (state === 'failed' && wasLoading && error) this.broken.set(id, error);
    else if (state !== 'failed') this.broken.delete(id);
    void this.replace();
  }

  /** Gives the built-in model to the documents whose model did not load. */
  private async replace(): Promise<void> {
    if (this.replacing) return;
    this.replacing = true;
    try {
      for (let document = this.next(); document; document = this.next()) await this.replaceIn(document);
    } finally {
      this.replacing = false;
    }
  }

  private next(): VideoDocument | undefined {
    if (this.broken.size === 0) return undefined;
    return this.editors.documents.find(
      (document) =>
        document.state.model.state === 'failed' &&
        this.broken.has(document.state.model.id) &&
        !this.stuck.has(document),
    );
  }

  private async replaceIn(document: VideoDocument): Promise<void> {
    const { id } = document.state.model;
    const error = this.broken.get(id);
    const builtIn = (await this.list()).find(({ source }) => source === 'built-in');
    try {
      if (!builtIn || builtIn.id === id || !error) {
        this.stuck.add(document);
        return;
      }
      await document.cancelPropagation();
      await document.setModel(builtIn.id);
      this.tell(id, builtIn.id, error);
    } catch (failure) {
      this.stuck.add(document);
      this.kernel.log.error(toErrorData(failure).message);
    }
  }
}
