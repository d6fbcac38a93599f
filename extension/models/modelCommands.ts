// extension/models/: choosing, downloading and importing models.
import { basename } from 'node:path';
import * as vscode from 'vscode';
import { toErrorData } from '../../shared/protocol/errors';
import type { ModelInfo } from '../../shared/protocol/models';
import { Disposables } from '../dispose';
import type { EditorRegistry } from '../editor/registry';
import { showError } from '../errors';
import type { KernelService } from '../kernel/kernelService';
import { modelId, setModelId } from '../settings';
import { compareModelsOnClip } from './compareModels';
import { installCuda } from './installCuda';
import type { ModelFallback } from './modelFallback';
import { megabytes, modelItems, onThisMachine, toDownload, type ModelItem } from './modelItems';
import { openFile } from './openFile';
import { reportBytes, withProgress } from '../progress';
import { selectQuality } from './selectQuality';

/** The palette's commands around models: choosing, fetching, importing and removing one. */
export class ModelCommands implements vscode.Disposable {
  private readonly owned = new Disposables();

  constructor(
    private readonly kernel: KernelService,
    private readonly editors: EditorRegistry,
    private readonly fallback: ModelFallback,
  ) {
    this.register('selectModel', () => this.select());
    this.register('selectQuality', () => selectQuality());
    this.register('downloadModel', (id) => this.downloadOne(typeof id === 'string' ? id : undefined));
    this.register('importCheckpoint', () => this.importCheckpoint());
    this.register('removeModel', () => this.remove());
    this.register('compareModels', async () => {
      const panel = this.editors.active;
      if (panel) await compareModelsOnClip(panel, this.kernel);
      else void vscode.window.showInformationMessage('Open a video in Masklet first.');
    });
    this.register('installCuda', () => installCuda(this.kernel));
  }

  dispose(): void {
    this.owned.dispose();
  }

  private register(name: string, run: (argument: unknown) => Promise<void>): void {
    this.owned.add(
      vscode.commands.registerCommand(`masklet.${name}`, async (argument: unknown) => {
        if (!vscode.workspace.isTrusted) {
          void vscode.window.showInformationMessage(
            vscode.l10n.t('Masklet loads models in trusted folders only.'),
          );
          return;
        }
        try {
          await run(argument);
        } catch (error) {
          showError(error, this.kernel.log);
        }
      }),
    );
  }

  private list(): Promise<readonly ModelInfo[]> {
    return this.kernel.request('models/list', {});
  }

  private async select(): Promise<void> {
    const importing: ModelItem = { label: '$(folder-opened) Import Checkpoint...' };
    const [models, recommended] = await Promise.all([
      this.list(),
      // A picker without a recommendation is better than none.
      this.kernel.request('models/recommend', {}).catch(() => null),
    ]);
    const items = modelItems(models, this.current, recommended ?? undefined);
    const picked = await pick('Select Model', [...items, separator(), importing]);
    if (picked === importing) return await this.importCheckpoint();
    if (!picked?.model) return;
    const { model } = picked;
    if (!model.installed && !(await this.offerDownload(model))) return;
    await this.use(model);
  }

  private async downloadOne(id: string | undefined): Promise<void> {
    const published = (await this.list()).filter(({ source }) => source === 'published');
    const models = published.filter(({ installed }) => !installed);
    // One that is named may be here, damaged: it is fetched again.
    const named = published.find((model) => model.id === id);
    if (!named && models.length === 0) {
      void vscode.window.showInformationMessage(vscode.l10n.t('All published models are on this machine.'));
      return;
    }
    const model = named ?? (await pick('Download Model', models.map(toDownload)))?.model;
    if (!model) return;
    await this.download(model);
    await this.offerUse(model);
  }

  private async importCheckpoint(): Promise<void> {
    const checkpoint = await openFile('Import Checkpoint', {
      'SAM 2 checkpoints': ['pt', 'pth', 'safetensors'],
    });
    if (!checkpoint) return;
    const model = await this.importFile(checkpoint);
    if (model) await this.offerUse(model);
  }

  private async remove(): Promise<void> {
    const models = (await this.list()).filter(({ installed, source }) => installed && source !== 'built-in');
    if (models.length === 0) {
      void vscode.window.showInformationMessage(
        'Nothing was downloaded or imported; the built-in model is part of Masklet.',
      );
      return;
    }
    const model = (await pick('Remove Model', models.map(onThisMachine)))?.model;
    if (!model) return;
    const remove = vscode.l10n.t('Remove');
    const detail =
      model.source === 'imported'
        ? 'The file that it was imported from stays where it is.'
        : `${megabytes(model.bytes)} that can be downloaded again.`;
    const answer = await vscode.window.showWarningMessage(
      `Remove ${model.title}?`,
      { modal: true, detail },
      remove,
    );
    if (answer !== remove) return;
    await this.kernel.request('models/remove', { id: model.id });
    if (modelId() === model.id) await setModelId(undefined);
  }

  // ------------------------------------------------------------------------------------------- steps

  /** The model of the video in front, else the one that videos are opened with. */
  private get current(): string | undefined {
    return this.editors.active?.document.state.model.id ?? modelId();
  }

  /** Goes on with a model in all open videos, and opens videos with it from now on. */
  private async use(model: ModelInfo): Promise<void> {
    const documents = this.editors.documents;
    const busy = documents.filter((document) => document.state.propagation);
    if (busy.length > 0) {
      const go = vscode.l10n.t('Cancel Propagation and Switch');
      const names = busy.map(({ name }) => name).join(', ');
      const answer = await vscode.window.showWarningMessage(
        `${names} is being propagated.`,
        { modal: true, detail: vscode.l10n.t('Frames propagated so far are kept.') },
        go,
      );
      if (answer !== go) return;
    }
    this.fallback.forget(model.id);
    for (const document of documents) {
      await document.cancelPropagation();
      await document.setModel(model.id);
    }
    await setModelId(model.id);
  }

  /** @returns true once the model is here. */
  private async offerDownload(model: ModelInfo): Promise<boolean> {
    const download = vscode.l10n.t('Download');
    const answer = await vscode.window.showInformationMessage(
      `${model.title} is not on this machine yet.`,
      { modal: true, detail: `${megabytes(model.bytes)}, ${model.license ?? ''}` },
      download,
    );
    if (answer !== download) return false;
    await this.download(model);
    return true;
  }

  private async download({ id, title }: ModelInfo): Promise<void> {
    await withProgress(`Downloading ${title}`, (report, signal) =>
      this.kernel.request('models/download', { id }, { signal, onProgress: reportBytes(report) }),
    );
  }

  /** Asks for a configuration where the checkpoint does not tell what it is. @returns undefined where that is not given. */
  private async importFile(path: string, config?: string): Promise<ModelInfo | undefined> {
    try {
      return await withProgress(`Importing ${basename(path)}`, (_report, signal) =>
        this.kernel.request('models/import', { path, ...(config ? { config } : {}) }, { signal }),
      );
    } catch (error) {
      const { code, message, hint } = toErrorData(error);
      if (code !== 'model/undetermined') throw error;
      const choose = 'Choose Configuration File...';
      const answer = await vscode.window.showWarningMessage(
        `${basename(path)} is not one of the four published SAM 2 sizes.`,
        { modal: true, detail: [message, hint].filter(Boolean).join(' ') },
        choose,
      );
      if (answer !== choose) return undefined;
      const file = await openFile(`Configuration of ${basename(path)}`, { JSON: ['json'] });
      return file === undefined ? undefined : await this.importFile(path, file);
    }
  }

  private async offerUse(model: ModelInfo): Promise<void> {
    if (model.id === this.current) return;
    const use = vscode.l10n.t('Use It');
    if ((await vscode.window.showInformationMessage(`${model.title} is ready.`, use)) === use) {
      await this.use(model);
    }
  }
}

function pick(title: string, items: readonly ModelItem[]): Thenable<ModelItem | undefined> {
  return vscode.window.showQuickPick(items, { title, matchOnDescription: true, matchOnDetail: true });
}

const separator = (): ModelItem => ({ label: '', kind: vscode.QuickPickItemKind.Separator });
