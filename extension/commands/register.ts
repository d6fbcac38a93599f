// extension/commands/: commands of the palette that belong to no other room.
import * as vscode from 'vscode';
import { ACTION_IDS } from '../../shared/actions';
import type { ObjectId } from '../../shared/domain/annotations';
import { showError } from '../errors';
import { Disposables } from '../dispose';
import type { EditorPanel } from '../editor/editorPanel';
import type { EditorRegistry } from '../editor/registry';
import type { KernelService } from '../kernel/kernelService';
import { Doctor } from './doctor';
import { editLabels } from './editLabels';
import { openAsVideo } from '../files/openAsVideo';
import { installFfmpeg } from '../kernel/installFfmpeg';
import { mergeObjects } from './mergeObjects';
import { reportProblem } from './reportProblem';

/** The palette's commands. Those of the editor work on the tab in front, and on the object and frame it shows. */
export function registerCommands(
  context: vscode.ExtensionContext,
  kernel: KernelService,
  editors: EditorRegistry,
): vscode.Disposable {
  const owned = new Disposables();

  const command = (id: string, run: (...args: unknown[]) => Promise<unknown> | void): void => {
    owned.add(
      vscode.commands.registerCommand(`masklet.${id}`, async (...args: unknown[]) => {
        try {
          await run(...args);
        } catch (error) {
          showError(error, kernel.log);
        }
      }),
    );
  };
  const inEditor = (
    id: string,
    run: (panel: EditorPanel, argument: unknown) => Promise<unknown> | void,
  ): void =>
    command(id, (argument) => {
      const panel = editors.active;
      if (panel) return run(panel, argument);
      void vscode.window.showInformationMessage(vscode.l10n.t('Open a video in Masklet first.'));
    });
  const onObject = (
    id: string,
    run: (panel: EditorPanel, object: ObjectId) => Promise<unknown> | void,
  ): void =>
    inEditor(id, (panel) => {
      const { object, locked } = panel.view;
      if (object !== undefined && locked?.includes(object)) {
        void vscode.window.showInformationMessage(vscode.l10n.t('The selected object is locked.'));
        return;
      }
      if (object !== undefined) return run(panel, object);
      void vscode.window.showInformationMessage(vscode.l10n.t('Select an object in the editor first.'));
    });

  inEditor('cancelPropagation', ({ document }) => document.cancelPropagation());

  for (const action of ACTION_IDS) inEditor(action, (panel) => panel.command({ command: 'action', action }));

  inEditor('goToFrame', async (panel) => {
    const last = panel.document.state.video.frameCount - 1;
    const answer = await vscode.window.showInputBox({
      title: vscode.l10n.t('Go to Frame'),
      prompt: vscode.l10n.t('A frame from 0 to {0}', last),
      value: String(panel.view.frame),
      validateInput: (text) =>
        /^\d+$/.test(text.trim()) && Number(text) <= last
          ? undefined
          : vscode.l10n.t('Enter a frame from 0 to {0}.', last),
    });
    if (answer !== undefined) panel.command({ command: 'goToFrame', frame: Number(answer) });
  });

  inEditor('selectObject', (panel, n) => {
    const object = panel.document.state.objects[Number(n) - 1];
    if (object) panel.command({ command: 'selectObject', object: object.id });
  });
  onObject('mergeObjects', mergeObjects);
  onObject('deleteObject', ({ document }, object) => document.edit('object/remove', { object }));
  inEditor('restoreDiscarded', async ({ document }) => {
    if (await document.restoreDiscarded()) return;
    void vscode.window.showInformationMessage(vscode.l10n.t('Nothing was discarded in this video.'));
  });

  inEditor('editLabels', editLabels);

  command('openAsVideo', openAsVideo);
  command('restartKernel', () => kernel.restart());
  command('showKernelLog', () => kernel.log.show());
  const doctor = owned.add(new Doctor(kernel, context.extensionUri));
  command('doctor', () => doctor.show());
  command('copyDoctor', () => doctor.copy());
  command('reportProblem', () => reportProblem(context, kernel));
  command('installFfmpeg', async () => {
    const version = await installFfmpeg(kernel);
    void vscode.window.showInformationMessage(
      vscode.l10n.t('ffmpeg {0} is installed. Masklet uses it when no other ffmpeg is found.', version),
    );
  });
  return owned;
}
