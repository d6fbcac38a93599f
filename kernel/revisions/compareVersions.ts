import { rleIou } from '../masks/rle';
import type {
  ChangeCounts,
  MaskChange,
  ObjectChanges,
  SidecarChanges,
} from '../../shared/protocol/revisions';
import type { FrameIndex } from '../../shared/domain/video';
import type { ObjectId, RleMask } from '../../shared/domain/annotations';
import type { MaskLine, SidecarVersion } from './sidecarVersion';

/** What is different between two versions of a sidecar, object by object in the order of their ids. */
export function compareVersions(before: SidecarVersion, after: SidecarVersion): SidecarChanges {
  const ids = new Set<ObjectId>(
    [before, after].flatMap(({ objects, masks, prompts, marks }) => [
      ...objects.keys(),
      ...masks.keys(),
      ...prompts.keys(),
      ...marks.keys(),
    ]),
  );
  const objects = [...ids].sort().map((object) => compareObject(object, before, after));
  const sum = (pick: (changes: ObjectChanges) => ChangeCounts): ChangeCounts =>
    objects.map(pick).reduce(add, NONE);
  return {
    objects,
    counts: {
      objects: objects.map(({ kind }) => ({ ...NONE, [kind]: 1 })).reduce(add, NONE),
      masks: sum(({ counts }) => counts.masks),
      prompts: sum(({ counts }) => counts.prompts),
      marks: sum(({ counts }) => counts.marks),
    },
  };
}

const NONE: ChangeCounts = { added: 0, removed: 0, changed: 0, status: 0, same: 0 };

function add(a: ChangeCounts, b: ChangeCounts): ChangeCounts {
  return {
    added: a.added + b.added,
    removed: a.removed + b.removed,
    changed: a.changed + b.changed,
    status: a.status + b.status,
    same: a.same + b.same,
  };
}

function compareObject(object: ObjectId, before: SidecarVersion, after: SidecarVersion): ObjectChanges {
  const [was, is] = [before.objects.get(object), after.objects.get(object)];
  const { record } = is ?? was ?? {};
  const masks = compareMasks(before.masks.get(object) ?? new Map(), after.masks.get(object) ?? new Map());
  const lines = (pick: 'prompts' | 'marks'): ChangeCounts =>
    countLines(before[pick].get(object) ?? new Map(), after[pick].get(object) ?? new Map());
  return {
    object,
    // The object's own file may be broken while its masks are not.
    label: record?.label ?? object,
    color: record?.color ?? '#808080',
    ...(was && is && was.record.label !== is.record.label ? { labelBefore: was.record.label } : {}),
    kind: !was ? 'added' : !is ? 'removed' : was.line === is.line ? 'same' : 'changed',
    masks: masks.changes,
    counts: { masks: masks.counts, prompts: lines('prompts'), marks: lines('marks') },
  };
}

function compareMasks(
  before: ReadonlyMap<FrameIndex, MaskLine>,
  after: ReadonlyMap<FrameIndex, MaskLine>,
): { readonly changes: readonly MaskChange[]; readonly counts: ChangeCounts } {
  const changes: MaskChange[] = [];
  const counts = { ...NONE };
  for (const frame of [...new Set([...before.keys(), ...after.keys()])].sort((a, b) => a - b)) {
    const change = compareMask(frame, before.get(frame), after.get(frame));
    counts[change?.kind ?? 'same']++;
    if (change) changes.push(change);
  }
  return { changes, counts };
}

/** Undefined where the mask is the same, with everything that is said of it. */
function compareMask(
  frame: FrameIndex,
  before: MaskLine | undefined,
  after: MaskLine | undefined,
): MaskChange | undefined {
  if (!before) return { frame, kind: 'added', iou: 0 };
  if (!after) return { frame, kind: 'removed', iou: 0 };
  if (before.line === after.line) return undefined;
  const iou = iouOf(before.record.mask, after.record.mask);
  return { frame, kind: iou === 1 ? 'status' : 'changed', iou };
}

/** 0 where the video has another size since. */
function iouOf(a: RleMask, b: RleMask): number {
  return a.size[0] === b.size[0] && a.size[1] === b.size[1] ? rleIou(a, b) : 0;
}

function countLines(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): ChangeCounts {
  const counts = { ...NONE };
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(key), after.get(key)];
    counts[was === undefined ? 'added' : is === undefined ? 'removed' : was === is ? 'same' : 'changed']++;
  }
  return counts;
}
