// extension/dataset/: the dataset view, and commands that work on many clips.
import * as vscode from 'vscode';
import { Disposables } from '../dispose';
import type { EditorRegistry } from '../editor/registry';
import { VIEW_TYPE } from '../editor/videoEditorProvider';
import { showError } from '../errors';
import type { KernelService } from '../kernel/kernelService';
import type { ClipSummary } from '../../shared/protocol/dataset';
import { auditDataset } from './auditDataset';
import { namesIn } from './clipTree';
import { changeLabels } from './changeLabels';
import { DatasetModel } from './datasetModel';
import { DatasetTree } from './datasetTree';
import { exportClips } from './exportClips';
import { importAnnotations } from './importAnnotations';
import { propagateAll } from './propagateAll';
import { addNote, setReview, showNotes } from './notes';
import { splitClips } from './splitClips';
import { askForTargets, chosen, isMeant, type MenuArguments, type Targets } from './targets';
import { verifyClips } from './verifyClips';
import { chooseFilter, chooseOrder } from './viewChoices';

/** The dataset view, and the commands that work on clips: from the palette, the view and the Explorer. */
export function registerDataset(
  context: vscode.ExtensionContext,
  kernel: KernelService,
  editors: EditorRegistry,
): vscode.Disposable {
  const owned = new Disposables();
  const model = owned.add(new DatasetModel(kernel, editors));
  const tree = owned.add(new DatasetTree(model, kernel, context.workspaceState));
  const clips = (): readonly ClipSummary[] => model.roots.flatMap((root) => root.clips);

  const command = (id: string, run: (...args: MenuArguments) => Promise<unknown> | void): void => {
    owned.add(
      vscode.commands.registerCommand(`masklet.${id}`, async (...args: MenuArguments) => {
        try {
          await run(...args);
        } catch (error) {
          showError(error, kernel.log);
        }
      }),
    );
  };
  /** On what was clicked and selected, else on what the user is asked for. */
  const onClips = (id: string, title: string, run: (targets: Targets) => Promise<unknown>): void =>
    command(id, async (...args) => {
      const found = chosen(args) ?? (await askForTargets(title, editors));
      if (!found) return;
      try {
        await run(found);
      } finally {
        if (!model.isNew) void model.refresh();
      }
    });

  command('refreshDataset', () => model.refresh());
  command('filterDataset', () => chooseFilter(tree, model));
  command('clearDatasetFilter', () => tree.choose({ filter: { kind: 'all' }, filterName: '' }));
  command('sortDataset', () => chooseOrder(tree));
  command('openClips', async (...args) => {
    for (const path of chosen(args)?.paths ?? [])
      await vscode.commands.executeCommand('vscode.openWith', vscode.Uri.file(path), VIEW_TYPE, {
        preview: false,
      });
  });

  const propagate = async (found: Targets): Promise<void> => {
    if (model.isNew) await model.refresh();
    await propagateAll(found, clips(), kernel, editors);
  };

  onClips('export', 'Export', async (found) => {
    const meant = (): readonly ClipSummary[] => clips().filter(({ path }) => isMeant(path, found));
    const { labels, splits } = namesIn(meant());
    const count = async (): Promise<number> => {
      await model.refresh();
      return meant().reduce((sum, { stale = 0 }) => sum + stale, 0);
    };
    await exportClips(found, kernel, { labels, splits }, { count, propagate: () => propagate(found) });
  });
  onClips('import', 'Import Annotations', async (found) => {
    if (model.isNew) await model.refresh();
    const known = clips().map(({ path }) => path);
    const videos = found.paths.flatMap((path) => {
      const inside = known.filter((video) => isMeant(video, { ...found, paths: [path] }));
      return inside.length > 0 ? inside : [path];
    });
    await importAnnotations([...new Set(videos)], kernel, editors);
  });
  onClips('propagateAll', 'Propagate All', propagate);
  onClips('propagateClips', 'Propagate', propagate);
  onClips('setReview', 'Set Review State', (found) => setReview(found, kernel));
  command('addNote', async () => {
    const panel = editors.active;
    if (panel) return await addNote(panel, kernel);
    void vscode.window.showInformationMessage('Open a video in Masklet first.');
  });
  command('showNotes', async (...args) => {
    const path = chosen(args)?.paths[0];
    const uri = path === undefined ? editors.active?.document.uri : vscode.Uri.file(path);
    if (uri) return await showNotes(uri, kernel, editors);
    void vscode.window.showInformationMessage('Open a video in Masklet first.');
  });
  onClips('changeLabels', 'Rename or Merge Labels', (found) => changeLabels(found, kernel, editors));
  onClips('assignSplit', 'Assign Split', (found) => splitClips(found, namesIn(clips()).splits, kernel));
  onClips('auditDataset', 'Audit Dataset', async (found) => {
    const panel = await auditDataset(found, kernel, editors, context.extensionUri);
    if (panel) owned.add(panel);
  });
  onClips('verifyAll', 'Verify All Masks', async (found) => {
    if (model.isNew) await model.refresh();
    const inside = clips().filter(({ path, masks }) => masks > 0 && isMeant(path, found));
    if (inside.length > 0)
      return await verifyClips(
        inside.map(({ path }) => path),
        kernel,
        editors,
      );
    void vscode.window.showInformationMessage(vscode.l10n.t('There are no masks to verify.'));
  });
  return owned;
}
