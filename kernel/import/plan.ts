import type { MarkRecord, ObjectId, ObjectRecord } from '../../shared/domain/annotations';
import type { FrameIndex } from '../../shared/domain/video';
import { MaskletError } from '../../shared/protocol/errors';
import type {
  EarlierMasks,
  ImportedObject,
  ImportParams,
  ImportResult,
  SkippedParts,
} from '../../shared/protocol/dataset';
import { toRanges, type Annotations } from '../annotations/annotations';
import { objectColor } from '../render/colors';
import type { DrawnMask } from '../render/overlay';
import type { Change } from '../storage/api';
import type { ImportedClip, ImportedTrack } from './api';
import { objectIdOf, type ImportOrigin, type KnownObjects } from './objectIdentity';

/** Rows written at one time: others get their turn between. */
const ROWS_AT_ONCE = 500;
const DEFAULT_LABEL = 'object';

/** What an import comes to: the changes to make, one after the other, and the report. */
export interface ImportPlan {
  readonly changes: readonly Change[];
  readonly result: ImportResult;
  /** What the first frame will show, for a look before. */
  readonly drawn: { readonly frame: FrameIndex; readonly masks: readonly DrawnMask[] };
  readonly colors: ReadonlyMap<ObjectId, string>;
}

/** The video that an import is for. */
export interface ImportTarget {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly pts: readonly number[];
}

/** An object of the clip that an imported track is, or becomes. */
export interface PlannedObject {
  readonly id: ObjectId;
  readonly label: string;
  readonly before: ObjectRecord | undefined;
}

/** What becomes of an import's masks or prompts of one object. */
export interface Sorted<T> {
  /** Also those that are here already in the same words. */
  readonly taken: readonly T[];
  /** Frames of `taken` on which something else was before. */
  readonly replaced: readonly FrameIndex[];
  /** Frames on which what is here differs, and stays. */
  readonly kept: readonly FrameIndex[];
  /** Frames that no import changes. */
  readonly held: readonly FrameIndex[];
}

/** What masks and prompts have in common when they are imported: which objects tracks are, and the report. */
export class Plan {
  readonly putObjects: ObjectRecord[] = [];
  readonly skipped: SkippedParts[];
  readonly replaced: EarlierMasks[] = [];
  readonly kept: EarlierMasks[] = [];
  readonly colors = new Map<ObjectId, string>();
  readonly objects: ImportedObject[] = [];
  readonly origin: ImportOrigin;
  readonly replaces: boolean;
  private readonly known: KnownObjects;

  constructor(
    private readonly imported: ImportedClip,
    private readonly params: ImportParams,
    private readonly annotations: Annotations,
    video: string,
  ) {
    this.skipped = [...imported.skipped];
    this.origin = { ...params, video, sha256: imported.sha256 };
    this.replaces = params.replace === true;
    this.known = knownObjects(annotations);
  }

  /** Which object a track is. Its label stays, unless it is to be replaced. */
  objectOf(track: ImportedTrack): PlannedObject {
    const id = objectIdOf(track, this.origin, this.known);
    const before = this.annotations.objects.get(id);
    const given = track.label ?? this.params.label;
    const label = (this.replaces ? given : (before?.label ?? given)) ?? before?.label ?? DEFAULT_LABEL;
    return { id, label, before };
  }

  /**
   * What differs from what is here stays, unless it is to be replaced; what is held stays in any case.
   * @param differs whether something else is here.
   */
  sort<T extends { readonly frame: FrameIndex }>(
    items: readonly T[],
    isHeld: (item: T) => boolean,
    differs: (item: T) => boolean,
  ): Sorted<T> {
    const taken: T[] = [];
    const replaced: FrameIndex[] = [];
    const kept: FrameIndex[] = [];
    const held: FrameIndex[] = [];
    for (const item of items) {
      const { frame } = item;
      if (isHeld(item)) held.push(frame);
      else if (differs(item) && !this.replaces) kept.push(frame);
      else {
        taken.push(item);
        if (differs(item)) replaced.push(frame);
      }
    }
    return { taken, replaced, kept, held };
  }

  /** @param heldBecause why an import leaves frames alone, in words of the report. */
  report({ id, label }: PlannedObject, { replaced, kept, held }: Sorted<unknown>, heldBecause: string): void {
    this.kept.push(...earlier(id, label, kept));
    this.replaced.push(...earlier(id, label, replaced));
    if (held.length > 0) {
      this.skipped.push({
        reason: heldBecause,
        count: held.length,
        example: `frame ${held[0]} of "${label}"`,
      });
    }
  }

  /** @param changes whether the object's own row is written, where it is not new. */
  put({ id, label, before }: PlannedObject, track: ImportedTrack, changes: boolean): void {
    const n = this.objects.length;
    const color = before?.color ?? colorOf(track, this.annotations.objects.size + n);
    this.colors.set(id, color);
    if (before && !changes) return;
    const order = before ? before.order : this.annotations.nextOrder + n;
    const attributes = before?.attributes ?? {};
    this.putObjects.push({ id, label, color, attributes, ...(order === undefined ? {} : { order }) });
  }

  /** The part of the report that is the same for both kinds. */
  get result(): Pick<
    ImportResult,
    'source' | 'objects' | 'counting' | 'notes' | 'skipped' | 'replaced' | 'kept' | 'dryRun'
  > {
    const { objects, skipped, replaced, kept } = this;
    const { counting, notes } = this.imported;
    const { from, dryRun } = this.params;
    return {
      source: from,
      objects,
      counting,
      notes,
      skipped,
      replaced,
      kept,
      dryRun: dryRun === true,
    };
  }

  /** @param stay says what stays as it is, after its number. */
  nothingLeft(stay: string): MaskletError {
    const here = this.kept.reduce((sum, { masks }) => sum + masks, 0);
    const why = [
      ...(here > 0 ? [`${here} ${stay}`] : []),
      ...this.skipped.map(({ reason, count }) => `${count} skipped: ${reason}`),
    ].join('; ');
    return new MaskletError('import/malformed', `Nothing was imported from ${this.params.from}: ${why}.`, {
      ...(here > 0 ? { hint: 'With --replace (in VS Code: Change..., Replace) they are replaced.' } : {}),
    });
  }
}

export function marksOf(
  object: ObjectId,
  absent: readonly FrameIndex[],
  occluded: readonly FrameIndex[],
): MarkRecord[] {
  return [
    ...toRanges(absent).map((range): MarkRecord => ({ object, kind: 'absent', ...range })),
    ...toRanges(occluded).map((range): MarkRecord => ({ object, kind: 'occluded', ...range })),
  ];
}

export function chunks<T>(rows: readonly T[]): T[][] {
  const parts: T[][] = [];
  for (let i = 0; i < rows.length; i += ROWS_AT_ONCE) parts.push(rows.slice(i, i + ROWS_AT_ONCE));
  return parts;
}

function earlier(object: ObjectId, label: string, frames: readonly FrameIndex[]): EarlierMasks[] {
  return frames.length === 0 ? [] : [{ object, label, masks: frames.length, frame: frames[0] }];
}

function knownObjects(annotations: Annotations): KnownObjects {
  const masks = new Map<ObjectId, ReturnType<Annotations['masksOfObject']>>();
  return {
    ids: [...annotations.objects.keys()],
    has: (id) => annotations.objects.has(id),
    masksOf: (id) => {
      let found = masks.get(id);
      if (!found) masks.set(id, (found = annotations.masksOfObject(id)));
      return found;
    },
  };
}

function colorOf({ color }: ImportedTrack, n: number): string {
  return color !== undefined && /^#[0-9a-f]{6}$/i.test(color) ? color : objectColor(n);
}
