import { REVIEW_WORDS, type ReviewState } from '../../shared/domain/review';
import type { ClipSummary } from '../../shared/protocol/dataset';

/** Which clips the dataset view shows. */
export type ClipFilter =
  | {
      readonly kind:
        | 'all'
        | 'annotated'
        | 'not-annotated'
        | 'unfinished'
        | 'unverified'
        | 'suspicious'
        | 'stale'
        | 'unsaved'
        | 'problems'
        | 'open-notes'
        | 'no-split';
    }
  | { readonly kind: 'review'; readonly name: ReviewState }
  | { readonly kind: 'label' | 'split'; readonly name: string };

export type ClipOrder = 'name' | 'least-annotated' | 'least-verified' | 'most-suspicious' | 'changed-last';

export interface ClipNode {
  readonly kind: 'clip';
  /** Unique in the view, and the same after every refresh. */
  readonly id: string;
  readonly name: string;
  /** The workspace folder that the clip belongs to. */
  readonly root: string;
  readonly clip: ClipSummary;
}

export interface FolderNode {
  readonly kind: 'folder';
  readonly id: string;
  readonly name: string;
  /** Full path. */
  readonly path: string;
  readonly root: string;
  readonly children: readonly TreeNode[];
  /** All clips in it and below it that are shown. */
  readonly clips: readonly ClipSummary[];
}

export type TreeNode = FolderNode | ClipNode;

/**
 * The clips of a workspace folder as a tree; folders without a clip to show are left out.
 * @param root full path of the workspace folder, without a separator at its end.
 * @param separator of paths where the kernel runs.
 */
export function clipTree(
  root: string,
  name: string,
  clips: readonly ClipSummary[],
  filter: ClipFilter,
  order: ClipOrder,
  separator: string,
): FolderNode {
  const shown = clips.filter((clip) => passes(clip, filter));
  return folderNode(root, name, root, shown, order, separator);
}

function folderNode(
  path: string,
  name: string,
  root: string,
  clips: readonly ClipSummary[],
  order: ClipOrder,
  separator: string,
): FolderNode {
  const below = new Map<string, ClipSummary[]>();
  const here: ClipNode[] = [];
  for (const clip of [...clips].sort((a, b) => compare(a, b, order))) {
    const [first, ...rest] = clip.path.slice(path.length + separator.length).split(separator);
    // The folder itself, where it is one of images.
    if (rest.length === 0) here.push({ kind: 'clip', id: clip.path, name: first || name, root, clip });
    else below.set(first, [...(below.get(first) ?? []), clip]);
  }
  const folders = [...below]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([child, inside]) => folderNode(path + separator + child, child, root, inside, order, separator));
  // A folder of images in which there are other clips is both.
  const both = new Set([path, ...folders.map(({ id }) => id)]);
  const apart = (node: ClipNode): ClipNode => (both.has(node.id) ? { ...node, id: `${node.id}#clip` } : node);
  return { kind: 'folder', id: path, name, path, root, children: [...folders, ...here.map(apart)], clips };
}

export function passes(clip: ClipSummary, filter: ClipFilter): boolean {
  switch (filter.kind) {
    case 'all':
      return true;
    case 'annotated':
      return clip.annotated > 0;
    case 'not-annotated':
      return clip.annotated === 0;
    case 'unfinished':
      return clip.frames === 0 || clip.annotated < clip.frames;
    case 'unverified':
      return clip.verified < clip.annotated;
    case 'suspicious':
      return (clip.suspicious ?? 0) > 0;
    case 'stale':
      return (clip.stale ?? 0) > 0;
    case 'unsaved':
      return clip.unsaved;
    case 'problems':
      return clip.problems.length > 0;
    case 'open-notes':
      return (clip.openNotes ?? 0) > 0;
    case 'review':
      return clip.review === filter.name;
    case 'no-split':
      return clip.split === undefined;
    case 'label':
      return clip.labels.some(({ label }) => label === filter.name);
    case 'split':
      return clip.split === filter.name;
  }
}

function compare(a: ClipSummary, b: ClipSummary, order: ClipOrder): number {
  const byName = a.path < b.path ? -1 : 1;
  switch (order) {
    case 'name':
      return byName;
    case 'least-annotated':
      return share(a.annotated, a.frames) - share(b.annotated, b.frames) || byName;
    case 'least-verified':
      return share(a.verified, a.frames) - share(b.verified, b.frames) || byName;
    case 'most-suspicious':
      return (b.suspicious ?? 0) - (a.suspicious ?? 0) || byName;
    case 'changed-last':
      return b.changed - a.changed || byName;
  }
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** How far a clip is, in a line. */
export function progressOf(clip: ClipSummary): string {
  const {
    state,
    frames,
    annotated,
    verified,
    suspicious = 0,
    stale = 0,
    jf,
    split,
    unsaved,
    problems,
  } = clip;
  const parts =
    state === 'none' || (state === 'read' && clip.labels.length === 0 && problems.length === 0)
      ? ['not annotated']
      : [
          `${annotated}/${frames}`,
          ...(verified > 0 ? [`${verified} verified`] : []),
          ...(jf === undefined ? [] : [`J&F ${jf.toFixed(3)}`]),
          ...(suspicious > 0 ? [`${suspicious} suspicious`] : []),
          ...(stale > 0 ? [`${stale} stale`] : []),
        ];
  return [
    ...parts,
    ...(clip.review === undefined ? [] : [REVIEW_WORDS[clip.review]]),
    ...((clip.openNotes ?? 0) > 0 ? [clip.openNotes === 1 ? '1 note' : `${clip.openNotes} notes`] : []),
    ...(split === undefined ? [] : [split]),
    ...(unsaved ? ['unsaved'] : []),
    ...(problems.length > 0 ? ['has problems'] : []),
    ...(state === 'reading' ? ['...'] : []),
  ].join(' · ');
}

/** How far the clips of a folder are, in a line. */
export function folderProgressOf(clips: readonly ClipSummary[]): string {
  const sum = (of: (clip: ClipSummary) => number): number =>
    clips.reduce((total, clip) => total + of(clip), 0);
  // Videos that nobody opened yet have no known number of frames.
  const known = clips.filter(({ frames }) => frames > 0);
  const frames = sum((clip) => clip.frames);
  const annotated = Math.floor(
    100 *
      share(
        sum((clip) => clip.annotated),
        frames,
      ),
  );
  const verified = Math.floor(
    100 *
      share(
        sum((clip) => clip.verified),
        frames,
      ),
  );
  return [
    clips.length === 1 ? '1 clip' : `${clips.length} clips`,
    ...(known.length > 0 && known.length < clips.length ? [`${known.length} opened`] : []),
    ...(frames > 0 ? [`${annotated} % annotated`, `${verified} % verified`] : []),
  ].join(' · ');
}

export type ClipStage = 'none' | 'begun' | 'annotated' | 'verified' | 'problem';

/** What stands out most of a clip: what its icon shows. */
export function stageOf({ frames, annotated, verified, problems }: ClipSummary): ClipStage {
  if (problems.length > 0) return 'problem';
  if (annotated === 0) return 'none';
  if (verified >= frames) return 'verified';
  return annotated >= frames ? 'annotated' : 'begun';
}

/** What the labels and splits of clips are called; sorted, each once. */
export function namesIn(clips: readonly ClipSummary[]): { labels: string[]; splits: string[] } {
  const labels = new Set(clips.flatMap((clip) => clip.labels.map(({ label }) => label)));
  const splits = new Set(clips.flatMap(({ split }) => (split === undefined ? [] : [split])));
  return { labels: [...labels].sort(), splits: [...splits].sort() };
}
