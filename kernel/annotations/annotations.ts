// kernel/annotations/: the annotations of a clip in memory, and what a mask depends on; no files, no engine.
import { createHash } from 'node:crypto';
import type {
  Direction,
  FramePrompt,
  MarkRecord,
  MaskRecord,
  MaskView,
  ObjectId,
  ObjectRecord,
  ObjectStatus,
} from '../../shared/domain/annotations';
import { compareObjects, withMarks } from '../../shared/domain/rows';
import type { FrameIndex, FrameRange } from '../../shared/domain/video';
import type { Change } from '../storage/api';
import { trackedMask } from './maskRecord';

/** What a clip's masks are made with: masks of another model are stale. */
export interface ModelIdentity {
  readonly id: string;
  readonly sha256: string;
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** Hash of one frame's prompts: the revision of the mask predicted from them. */
export function promptRevision(prompt: FramePrompt): string {
  return hash(
    JSON.stringify([
      prompt.points.map((p) => [p.x, p.y, p.label]),
      prompt.box ?? null,
      prompt.mask ? [prompt.mask.size, prompt.mask.counts] : null,
      ...(prompt.candidate ? [prompt.candidate] : []),
      ...(prompt.part ? [{ part: prompt.part }] : []),
    ]),
  );
}

/** What makes a frame a conditioning frame, hashed; frames in ascending order, with running hashes from either end. */
interface ConditioningChain {
  readonly frames: readonly FrameIndex[];
  /** forward[n]: hash over the first n frames. */
  readonly forward: readonly string[];
  /** backward[n]: hash over the last n frames. */
  readonly backward: readonly string[];
}

/** Number of entries of `sorted` that are <= `value`. */
function countUpTo(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Sorted, distinct frames as ranges. */
export function toRanges(frames: readonly FrameIndex[]): FrameRange[] {
  const ranges: { first: number; last: number }[] = [];
  for (const frame of frames) {
    const open = ranges.at(-1);
    if (open && frame === open.last + 1) open.last = frame;
    else ranges.push({ first: frame, last: frame });
  }
  return ranges;
}

/** All rows of one clip. */
export interface Content {
  readonly objects: readonly ObjectRecord[];
  readonly prompts: readonly FramePrompt[];
  readonly masks: readonly MaskRecord[];
  readonly marks: readonly MarkRecord[];
}

/** Everything annotated on one clip, as the database holds it, with the questions that sessions ask of it. */
export class Annotations {
  /** In the order of the list. */
  readonly objects = new Map<ObjectId, ObjectRecord>();
  private readonly promptsOf = new Map<ObjectId, Map<FrameIndex, FramePrompt>>();
  private readonly masksOf = new Map<ObjectId, Map<FrameIndex, MaskRecord>>();
  /** Frames whose mask is verified, edited by hand, kept for its own frame alone, or gold. */
  private readonly heldOf = new Map<ObjectId, Set<FrameIndex>>();
  private readonly chains = new Map<ObjectId, ConditioningChain>();
  private marks: readonly MarkRecord[] = [];

  constructor(
    initial: Content,
    private currentModel: ModelIdentity,
  ) {
    this.reset(initial);
  }

  get model(): ModelIdentity {
    return this.currentModel;
  }

  /** Masks of another model are stale from now on. */
  setModel(model: ModelIdentity): void {
    this.currentModel = model;
  }

  /** Forgets everything and takes this instead. */
  reset(initial: Content): void {
    for (const table of [this.objects, this.promptsOf, this.masksOf, this.heldOf, this.chains]) table.clear();
    this.marks = [];
    this.apply({
      putObjects: initial.objects,
      putPrompts: initial.prompts,
      putMasks: initial.masks,
      putMarks: initial.marks,
    });
  }

  /** Mirrors a change that the database has accepted. */
  apply(change: Change): void {
    for (const object of change.putObjects ?? []) this.objects.set(object.id, object);
    if (change.putObjects) this.sortObjects();
    for (const id of change.removeObjects ?? []) {
      this.objects.delete(id);
      this.promptsOf.delete(id);
      this.masksOf.delete(id);
      this.heldOf.delete(id);
      this.chains.delete(id);
    }
    for (const { object, frame } of change.removePrompts ?? []) {
      this.promptsOf.get(object)?.delete(frame);
      this.chains.delete(object);
    }
    for (const { object, frame } of change.removeMasks ?? []) {
      this.masksOf.get(object)?.delete(frame);
      this.setHeld(object, frame, false);
    }
    for (const prompt of change.putPrompts ?? []) {
      rowsOf(this.promptsOf, prompt.object).set(prompt.frame, prompt);
      this.chains.delete(prompt.object);
    }
    for (const mask of change.putMasks ?? []) {
      rowsOf(this.masksOf, mask.object).set(mask.frame, mask);
      this.setHeld(mask.object, mask.frame, isHeldMask(mask));
    }
    this.marks = withMarks(this.marks, change);
  }

  prompt(object: ObjectId, frame: FrameIndex): FramePrompt | undefined {
    return this.promptsOf.get(object)?.get(frame);
  }

  prompts(object: ObjectId): FramePrompt[] {
    return [...(this.promptsOf.get(object)?.values() ?? [])].sort((a, b) => a.frame - b.frame);
  }

  mask(object: ObjectId, frame: FrameIndex): MaskRecord | undefined {
    return this.masksOf.get(object)?.get(frame);
  }

  masksOfObject(object: ObjectId): MaskRecord[] {
    return [...(this.masksOf.get(object)?.values() ?? [])].sort((a, b) => a.frame - b.frame);
  }

  /** All masks of a frame, in the order of the objects. */
  masksOfFrame(frame: FrameIndex): MaskView[] {
    return [...this.objects.keys()].flatMap((object) => {
      const mask = this.mask(object, frame);
      return mask ? [this.view(mask)] : [];
    });
  }

  view(mask: MaskRecord): MaskView {
    return { ...mask, stale: this.isStale(mask) };
  }

  /** Frames that define the object: with prompts, edited by hand, or verified, and not local; ascending. */
  conditioningFrames(object: ObjectId): FrameIndex[] {
    const frames = new Set(this.promptsOf.get(object)?.keys());
    for (const frame of this.heldOf.get(object) ?? []) frames.add(frame);
    return [...frames].filter((frame) => !this.isLocal(object, frame)).sort((a, b) => a - b);
  }

  /** True where a mask is kept for its own frame alone, or is a reference: nothing is tracked from it. */
  isLocal(object: ObjectId, frame: FrameIndex): boolean {
    const mask = this.mask(object, frame);
    return mask !== undefined && isApart(mask);
  }

  /** True for a mask that propagation must never overwrite: verified, edited by hand, local, or gold. */
  isHeld(object: ObjectId, frame: FrameIndex): boolean {
    return this.heldOf.get(object)?.has(frame) ?? false;
  }

  get allMarks(): readonly MarkRecord[] {
    return this.marks;
  }

  /** True where a mark says that the object is not in this frame. */
  isMarkedAbsent(object: ObjectId, frame: FrameIndex): boolean {
    return this.marks.some(
      (mark) => mark.object === object && mark.kind === 'absent' && mark.first <= frame && frame <= mark.last,
    );
  }

  /**
   * The revision of a mask propagated to `frame`: a hash of the prompts and hand-edited masks behind it in the direction of
   * travel, for those are what it depends on. A correction therefore makes stale what comes after it, not what came before.
   */
  trackRevision(object: ObjectId, frame: FrameIndex, direction: Direction): string {
    const chain = this.chain(object);
    const upTo = countUpTo(chain.frames, frame);
    if (direction === 'forward') return chain.forward[upTo];
    const before = countUpTo(chain.frames, frame - 1);
    return chain.backward[chain.frames.length - before];
  }

  /** True where the prompts, or the model, are no longer those that the mask was made from. */
  isStale(mask: MaskRecord): boolean {
    if (isHeldMask(mask) || mask.provenance === null) return false;
    const { model, modelSha256 } = mask.provenance;
    return model !== this.model.id || modelSha256 !== this.model.sha256 || this.promptsChanged(mask);
  }

  /** True where the prompts are no longer those that the mask was made from, whichever model made it. */
  promptsChanged(mask: MaskRecord): boolean {
    if (isHeldMask(mask) || mask.provenance === null) return false;
    const { revision, direction } = mask.provenance;
    if (mask.state === 'prompted') {
      const prompt = this.prompt(mask.object, mask.frame);
      return prompt === undefined || promptRevision(prompt) !== revision;
    }
    return this.trackRevision(mask.object, mask.frame, direction ?? 'forward') !== revision;
  }

  /** True for a tracked mask that a run in this direction would compute again with the same result. */
  isUpToDate(mask: MaskRecord, direction: Direction): boolean {
    const tracked = trackedMask(mask);
    return tracked?.provenance?.direction === direction && !this.isStale(tracked);
  }

  status(object: ObjectId): ObjectStatus {
    const masks = this.masksOfObject(object);
    const ranges = (keep: (mask: MaskRecord) => boolean): FrameRange[] =>
      toRanges(masks.filter(keep).map((mask) => mask.frame));
    return {
      object,
      prompted: toRanges(this.prompts(object).map((prompt) => prompt.frame)),
      masked: ranges(() => true),
      stale: ranges((mask) => this.isStale(mask)),
      verified: ranges((mask) => mask.verified),
      edited: ranges((mask) => mask.state === 'edited'),
      local: ranges((mask) => mask.local === true),
      gold: ranges((mask) => mask.gold !== undefined),
      absent: toRanges(this.absentFrames(object, masks)),
    };
  }

  /** Where a mask or a mark says that the object is not there. */
  private absentFrames(object: ObjectId, masks: readonly MaskRecord[]): FrameIndex[] {
    const frames = new Set(masks.filter((mask) => mask.state === 'absent').map((mask) => mask.frame));
    for (const mark of this.marks) {
      if (mark.object !== object || mark.kind !== 'absent') continue;
      for (let frame = mark.first; frame <= mark.last; frame++) frames.add(frame);
    }
    return [...frames].sort((a, b) => a - b);
  }

  /** The place of an object that is added to the list. */
  get nextOrder(): number {
    return 1 + Math.max(-1, ...[...this.objects.values()].map(({ order = -1 }) => order));
  }

  private sortObjects(): void {
    const sorted = [...this.objects.values()].sort(compareObjects);
    this.objects.clear();
    for (const object of sorted) this.objects.set(object.id, object);
  }

  /** Propagated masks are no links of the conditioning chain and come by the thousand: they leave it as it is. */
  private setHeld(object: ObjectId, frame: FrameIndex, held: boolean): void {
    let frames = this.heldOf.get(object);
    if (!frames) this.heldOf.set(object, (frames = new Set()));
    if (!held && !frames.has(frame)) return;
    if (held) frames.add(frame);
    else frames.delete(frame);
    this.chains.delete(object);
  }

  private chain(object: ObjectId): ConditioningChain {
    const known = this.chains.get(object);
    if (known) return known;
    const links = new Map<FrameIndex, string>();
    for (const [frame, prompt] of this.promptsOf.get(object) ?? []) {
      if (!this.isLocal(object, frame)) links.set(frame, promptRevision(prompt));
    }
    for (const frame of this.heldOf.get(object) ?? []) {
      const mask = this.mask(object, frame);
      if (mask && isApart(mask)) continue;
      // A verified mask is only looked at, not changed: it must not make the frames after it stale.
      if (mask?.state === 'edited') links.set(frame, hash(`${links.get(frame) ?? ''}/${mask.mask.counts}`));
    }
    const frames = [...links.keys()].sort((a, b) => a - b);
    const run = (order: readonly FrameIndex[]): string[] => {
      const hashes = [hash('')];
      for (const frame of order)
        hashes.push(hash(`${hashes.at(-1) ?? ''}/${frame}/${links.get(frame) ?? ''}`));
      return hashes;
    };
    const chain = { frames, forward: run(frames), backward: run(frames.toReversed()) };
    this.chains.set(object, chain);
    return chain;
  }
}

/** True for a mask that propagation must never overwrite. */
export function isHeldMask(mask: MaskRecord): boolean {
  return mask.verified || mask.state === 'edited' || isApart(mask);
}

/** True for a mask that no other follows from. */
export function isApart({ local, gold }: MaskRecord): boolean {
  return local === true || gold !== undefined;
}

function rowsOf<Row>(table: Map<ObjectId, Map<FrameIndex, Row>>, object: ObjectId): Map<FrameIndex, Row> {
  let rows = table.get(object);
  if (!rows) table.set(object, (rows = new Map<FrameIndex, Row>()));
  return rows;
}
