import * as vscode from 'vscode';
import {
  compareModels,
  type Contestant,
  type ModelComparison,
} from '../../kernel/client/compareModels/compareModels';
import { masksToTake } from '../../kernel/client/compareModels/takeMasks';
import { BUILT_IN_MODEL } from '../../shared/domain/models';
import { qualities } from '../../shared/domain/annotations';
import type { ModelInfo } from '../../shared/protocol/models';
import type { EditorPanel } from '../editor/editorPanel';
import { filePlace } from '../kernel/filePlace';
import type { KernelService } from '../kernel/kernelService';
import { withProgress } from '../progress';
import { kernelSettings } from '../settings';

/**
 * Propagates the clip of an editor with two models, beside it: where they differ is shown on its timeline, and the masks of
 * either can be put into the clip.
 */
export async function compareModelsOnClip(panel: EditorPanel, kernel: KernelService): Promise<void> {
  const { document } = panel;
  const contestants = await pickTwo(await kernel.request('models/list', {}));
  if (!contestants) return;
  await vscode.workspace.save(document.uri);
  const { range } = panel.view;
  const found = await withProgress('Comparing models', (report, signal) =>
    compareModels(
      { ...filePlace(document.uri), contestants, ...(range ? { range } : {}) },
      { client: 'VS Code', settings: kernelSettings() },
      signal,
      ({ contestant, done, total }) => {
        const share = done / Math.max(1, total);
        const before = contestant === contestants[0].name ? 0 : 1;
        report((before + share) / 2, `${contestant}, frame ${done} of ${total}`);
      },
    ),
  );
  const [a, b] = found.contestants;
  document.showComparison({ names: [a.name, b.name], iou: found.lane });
  await offerMasks(panel, found);
}

/** Says who did how, and takes masks for as long as they are wanted. */
async function offerMasks(panel: EditorPanel, found: ModelComparison): Promise<void> {
  const { document } = panel;
  const takes = found.contestants.map(({ name }) => `Take ${name}`);
  for (;;) {
    const answer = await vscode.window.showInformationMessage(summary(found), ...takes, 'Show Details');
    if (answer === undefined) return;
    if (answer === 'Show Details') {
      const content = details(found);
      await vscode.window.showTextDocument(
        await vscode.workspace.openTextDocument({ language: 'markdown', content }),
        { preview: true },
      );
      continue;
    }
    const winner = found.contestants[takes.indexOf(answer)];
    const whole = { first: 0, last: document.state.video.frameCount - 1 };
    // The range as it is now: the timeline shows where the models differ.
    const edits = await masksToTake(winner, panel.view.range ?? whole, (frame) => document.masks(frame));
    await document.takeMasks(edits);
  }
}

async function pickTwo(models: readonly ModelInfo[]): Promise<readonly [Contestant, Contestant] | undefined> {
  const items = models
    .filter(({ installed }) => installed)
    .flatMap(({ id, title }) =>
      id === BUILT_IN_MODEL
        ? qualities.map((quality) => ({
            label: `${title}, ${quality}`,
            description: id,
            contestant: { name: `embedded@${quality}`, model: id, quality },
          }))
        : [{ label: title, description: id, contestant: { name: id, model: id } }],
    );
  const picked = await vscode.window.showQuickPick(items, {
    title: 'Compare Models on This Clip',
    placeHolder: 'Choose two; the clip is saved first, and stays as it is',
    canPickMany: true,
    matchOnDescription: true,
  });
  if (!picked) return undefined;
  const [a, b, ...others] = picked.map(({ contestant }): Contestant => contestant);
  if (a && b && others.length === 0) return [a, b];
  void vscode.window.showInformationMessage('Choose two models to compare.');
  return undefined;
}

function summary({ contestants, references }: ModelComparison): string {
  const [a, b] = contestants.map(({ name, measure, msPerFrame }) => {
    const fit = measure ? `J&F ${measure['J&F'].toFixed(3)}, ` : '';
    return `${name}: ${fit}${seconds(msPerFrame)}`;
  });
  const measured = references > 0 ? ` Measured on ${references} masks.` : '';
  return `${a}. ${b}.${measured} Where they differ is shown on the timeline.`;
}

function details({ path, contestants, references, agreement, differ }: ModelComparison): string {
  const rows = contestants.map(({ name, model, measure, msPerFrame, peakBytes }) => {
    const scores = measure ? [measure.J, measure.F, measure['J&F']].map((n) => n.toFixed(3)) : ['', '', ''];
    const cells = [name, model, ...scores, seconds(msPerFrame), `${(peakBytes / 1e9).toFixed(1)} GB`];
    return `| ${cells.join(' | ')} |`;
  });
  const apart = differ.map(({ first, last }) => (first === last ? `${first}` : `${first} to ${last}`));
  return [
    '# Models compared',
    '',
    path,
    '',
    '| | model | J | F | J&F | time | memory |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
    references > 0
      ? `Measured on ${references} masks that are gold, verified or drawn by hand, on frames without prompts. No model saw them.`
      : 'There are no verified or hand-drawn masks on frames without prompts to measure on.',
    agreement === null ? '' : `Both agree with a mean IoU of ${agreement.toFixed(3)}.`,
    apart.length === 0 ? '' : `They differ on frames ${apart.join(', ')}.`,
    '',
  ].join('\n');
}

const seconds = (ms: number | null): string =>
  ms === null ? 'no frames' : `${(ms / 1000).toFixed(2)} s a frame`;
