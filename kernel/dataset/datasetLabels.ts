import { setImmediate } from 'node:timers/promises';
import type {
  ChangeLabelSetParams,
  ChangeLabelSetResult,
  DatasetParams,
  UsedLabel,
  UsedLabels,
} from '../../shared/protocol/dataset';
import type { ObjectRecord } from '../../shared/domain/annotations';
import { MaskletError, throwIfAborted } from '../../shared/protocol/errors';
import { findClips, type FoundClip } from '../clips/findClips';
import { changeLabels, readLabels } from '../labels/labelsFile';
import { checkRelabel } from '../annotations/relabel';
import { readObjects } from '../storage/sidecar/readObjects';
import type { Store } from '../storage/store';

/** Which labels clips use, and which their label sets have. What cannot be read is a problem, never an error. */
export async function usedLabels(
  params: DatasetParams,
  store: Store,
  signal: AbortSignal,
): Promise<UsedLabels> {
  const clips = await findClips(params, store);
  const labels = new Map<string, Gathered>();
  const of = (label: string): Gathered => {
    let known = labels.get(label);
    if (!known) labels.set(label, (known = new Gathered(label)));
    return known;
  };
  const problems: string[] = [];
  for (const clip of clips) {
    await setImmediate();
    throwIfAborted(signal);
    try {
      for (const object of objectsOf(clip, store)) of(object.label).add(clip.path, object);
    } catch (error) {
      if (!(error instanceof MaskletError)) throw error;
      problems.push(error.message);
    }
  }
  const files: string[] = [];
  for (const folder of foldersOf(clips)) {
    const { exists, file, classes, problems: wrong } = await readLabels(folder);
    if (exists) files.push(file);
    problems.push(...wrong.map(({ message }) => message));
    for (const { name } of classes) of(name).isClass = true;
  }
  return {
    labels: [...labels.values()]
      .map((gathered) => gathered.result())
      .sort((a, b) => (a.label < b.label ? -1 : a.label > b.label ? 1 : 0)),
    files,
    problems,
  };
}

/** Changes the classes of the label sets that belong to clips. @throws MaskletError as `changeLabels`, `input/invalid` */
export async function changeLabelSets(params: ChangeLabelSetParams): Promise<ChangeLabelSetResult> {
  checkRelabel(params);
  const files: string[] = [];
  for (const folder of foldersOf(await findClips(params))) {
    const changed = await changeLabels(folder, params);
    if (changed !== undefined) files.push(changed);
  }
  return { files };
}

/** The database's, where it is ahead of the sidecar or there is none yet. */
function objectsOf(clip: FoundClip, store: Store): readonly ObjectRecord[] {
  return store.unsavedObjects(clip.databaseFolder, clip.path) ?? readObjects(clip.sidecar);
}

function foldersOf(clips: readonly FoundClip[]): string[] {
  return [...new Set(clips.map(({ databaseFolder }) => databaseFolder))];
}

class Gathered {
  isClass = false;
  private readonly clips = new Map<string, number>();
  private readonly colors = new Map<string, number>();
  private readonly attributes = new Set<string>();

  constructor(private readonly label: string) {}

  add(clip: string, { color, attributes }: ObjectRecord): void {
    this.clips.set(clip, (this.clips.get(clip) ?? 0) + 1);
    this.colors.set(color, (this.colors.get(color) ?? 0) + 1);
    for (const name of Object.keys(attributes)) this.attributes.add(name);
  }

  result(): UsedLabel {
    const clips = [...this.clips].map(([path, objects]) => ({ path, objects }));
    return {
      label: this.label,
      objects: clips.reduce((sum, { objects }) => sum + objects, 0),
      clips,
      colors: [...this.colors].sort((a, b) => b[1] - a[1]).map(([color]) => color),
      attributes: [...this.attributes].sort(),
      isClass: this.isClass,
    };
  }
}
