import * as vscode from 'vscode';
import { REVIEW_STATES, REVIEW_WORDS } from '../../shared/domain/review';
import { namesIn, passes, type ClipFilter, type ClipOrder } from './clipTree';
import type { DatasetModel } from './datasetModel';
import type { DatasetTree } from './datasetTree';

/** In words that complete both "show clips that are ..." and "no clip is ...". */
const FILTERS: readonly (readonly [
  Exclude<ClipFilter['kind'], 'label' | 'split' | 'review' | 'all'>,
  string,
])[] = [
  ['annotated', 'annotated'],
  ['not-annotated', 'not annotated'],
  ['unfinished', 'unfinished'],
  ['unverified', 'not fully verified'],
  ['suspicious', 'suspicious'],
  ['stale', 'stale'],
  ['unsaved', 'unsaved'],
  ['problems', 'in trouble'],
  ['open-notes', 'with open notes'],
  ['no-split', 'in no split'],
];

const ORDERS: readonly (readonly [ClipOrder, string])[] = [
  ['name', 'Name'],
  ['least-annotated', 'Least annotated first'],
  ['least-verified', 'Least verified first'],
  ['most-suspicious', 'Most suspicious first'],
  ['changed-last', 'Last changed first'],
];

interface FilterItem extends vscode.QuickPickItem {
  readonly filter?: ClipFilter;
  readonly words?: string;
}

/** Asks which clips the view shows, each choice with the number of clips it leaves. */
export async function chooseFilter(tree: DatasetTree, model: DatasetModel): Promise<void> {
  const clips = model.roots.flatMap((root) => root.clips);
  const item = (label: string, filter: ClipFilter, words: string): FilterItem => ({
    label,
    filter,
    words,
    description: String(clips.filter((clip) => passes(clip, filter)).length),
  });
  const { labels, splits } = namesIn(clips);
  const items: FilterItem[] = [
    item('All', { kind: 'all' }, ''),
    ...FILTERS.map(([kind, words]) => item(words[0].toUpperCase() + words.slice(1), { kind }, words)),
    { label: 'Review', kind: vscode.QuickPickItemKind.Separator },
    ...REVIEW_STATES.map((name) => item(REVIEW_WORDS[name], { kind: 'review', name }, REVIEW_WORDS[name])),
    ...(splits.length > 0 ? [{ label: 'Splits', kind: vscode.QuickPickItemKind.Separator }] : []),
    ...splits.map((name) => item(name, { kind: 'split', name }, `in ${name}`)),
    ...(labels.length > 0 ? [{ label: 'Labels', kind: vscode.QuickPickItemKind.Separator }] : []),
    ...labels.map((name) => item(name, { kind: 'label', name }, `labelled ${name}`)),
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title: 'Show Clips',
    placeHolder: vscode.l10n.t('Which clips?'),
  });
  if (picked?.filter) tree.choose({ filter: picked.filter, filterName: picked.words ?? '' });
}

/** Asks in which order the view shows clips. */
export async function chooseOrder(tree: DatasetTree): Promise<void> {
  const items = ORDERS.map(([order, label]) => ({
    label,
    order,
    description: order === tree.current.order ? 'now' : '',
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: 'Sort Clips',
    placeHolder: vscode.l10n.t('Sort clips by'),
  });
  if (picked) tree.choose({ order: picked.order, orderName: picked.order === 'name' ? '' : picked.label });
}
