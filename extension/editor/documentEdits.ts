import { randomBytes } from 'node:crypto';
import type { SessionMethod } from '../../kernel/client/kernelClient';
import type {
  AttributeValue,
  Box,
  MarkKind,
  MaskOperation,
  MaskView,
  ObjectId,
  ObjectRecord,
  ObjectStatus,
  PointPrompt,
  RleMask,
} from '../../shared/domain/annotations';
import type { EditedFrames } from '../../shared/protocol/edits';
import type { FrameIndex, FrameRange } from '../../shared/domain/video';
import type { KernelRequests } from '../../shared/protocol/kernel';

/** What edits need of their document. */
export interface EditedDocument {
  /** Runs a change as one edit of VS Code's undo stack; one that changed nothing is none. */
  edit<T>(label: string, run: (edit: string) => Promise<T>, changed?: (result: T) => boolean): Promise<T>;
  request<M extends SessionMethod>(
    method: M,
    params: Omit<KernelRequests[M][0], 'session'>,
    signal?: AbortSignal,
  ): Promise<KernelRequests[M][1]>;
  /** Default: on any frame. */
  pushMasks(frames?: readonly FrameIndex[]): Promise<void>;
  statusOf(object: ObjectId): ObjectStatus | undefined;
}

const OPERATION_LABELS: Readonly<Record<MaskOperation['kind'], string>> = {
  brush: 'Brush stroke',
  polygon: 'Polygon',
  outline: 'Edit outline',
  fillHoles: 'Fill holes',
  removeSpecks: 'Remove specks',
  grow: 'Grow mask',
  shrink: 'Shrink mask',
};

/** Short and random: two branches never give the same one. */
export function newObjectId(): ObjectId {
  return randomBytes(4).toString('hex');
}

/** What users do to masks, prompts and marks by hand: each call is one undoable edit. */
export class DocumentEdits {
  constructor(private readonly document: EditedDocument) {}

  async editMask(object: ObjectId, frame: FrameIndex, operation: MaskOperation): Promise<MaskView> {
    const { document } = this;
    const mask = await document.edit(OPERATION_LABELS[operation.kind], (edit) =>
      document.request('mask/edit', { object, frame, operation, edit }),
    );
    await document.pushMasks([frame]);
    return mask;
  }

  async copyMask(object: ObjectId, from: FrameIndex, to: FrameIndex): Promise<MaskView> {
    const { document } = this;
    const mask = await document.edit('Copy mask', (edit) =>
      document.request('mask/copy', { object, from, to, edit }),
    );
    await document.pushMasks([to]);
    return mask;
  }

  interpolate(object: ObjectId, first: FrameIndex, last: FrameIndex): Promise<EditedFrames> {
    return this.overFrames('Interpolate masks', (edit) =>
      this.document.request('mask/interpolate', { object, first, last, edit }),
    );
  }

  removeMasks(object: ObjectId, range: FrameRange): Promise<EditedFrames> {
    return this.overFrames('Delete masks', (edit) =>
      this.document.request('mask/remove', { object, range, edit }),
    );
  }

  mark(
    object: ObjectId,
    kind: Exclude<MarkKind, 'attributes'>,
    range: FrameRange,
    on: boolean,
  ): Promise<EditedFrames> {
    return this.overFrames(`${on ? 'Mark' : 'Unmark'} ${kind}`, (edit) =>
      this.document.request('object/mark', { object, kind, range, on, edit }),
    );
  }

  setFrameAttributes(
    object: ObjectId,
    range: FrameRange,
    attributes: Readonly<Record<string, AttributeValue | null>>,
  ): Promise<EditedFrames> {
    return this.overFrames('Change attributes', (edit) =>
      this.document.request('object/setFrameAttributes', { object, range, attributes, edit }),
    );
  }

  moveObject(object: ObjectId, to: number): Promise<EditedFrames> {
    return this.overFrames('Move object', (edit) =>
      this.document.request('object/move', { object, to, edit }),
    );
  }

  async duplicateObject(object: ObjectId): Promise<ObjectRecord> {
    return await this.ofObjects('Duplicate object', (edit) =>
      this.document.request('object/duplicate', { object, as: newObjectId(), edit }),
    );
  }

  async splitObject(object: ObjectId, frame: FrameIndex): Promise<ObjectRecord> {
    return await this.ofObjects('Split object', (edit) =>
      this.document.request('object/split', { object, frame, as: newObjectId(), edit }),
    );
  }

  async mergeObjects(object: ObjectId, from: ObjectId): Promise<void> {
    await this.ofObjects('Merge objects', (edit) =>
      this.document.request('object/merge', { object, from, edit }),
    );
  }

  /** Chooses the same side for all of these conflicts. */
  async resolveConflicts(conflicts: readonly number[], take: 'ours' | 'theirs'): Promise<void> {
    const { document } = this;
    const { frames } = await document.edit(take === 'ours' ? 'Keep mine' : 'Take theirs', (edit) =>
      document.request('session/resolveConflicts', { conflicts, take, edit }),
    );
    await document.pushMasks(frames);
  }

  /** Verifies every mask of an object within a range. */
  verifyRange(object: ObjectId, { first, last }: FrameRange): Promise<EditedFrames> {
    return this.overFrames('Verify frames', async (edit) => {
      const frames: FrameIndex[] = [];
      for (const masked of this.document.statusOf(object)?.masked ?? [])
        for (let at = Math.max(first, masked.first); at <= Math.min(last, masked.last); at++) frames.push(at);
      if (frames.length > 0)
        await this.document.request('object/verify', { object, frames, verified: true, edit });
      return { changed: frames.length > 0, frames };
    });
  }

  async setPrompt(params: {
    readonly object: ObjectId;
    readonly frame: FrameIndex;
    readonly points: readonly PointPrompt[];
    readonly box?: Box;
    readonly candidate?: 0 | 1 | 2;
  }): Promise<MaskView | null> {
    const { document } = this;
    const result = await document.edit('Change prompts', (edit) =>
      document.request('object/setPrompt', { ...params, edit }),
    );
    await document.pushMasks([params.frame]);
    return result?.mask ?? null;
  }

  preview(
    params: {
      readonly object?: ObjectId;
      readonly frame: FrameIndex;
      readonly points: readonly PointPrompt[];
    },
    signal: AbortSignal,
  ): Promise<{ readonly mask: RleMask; readonly iou: number | null } | null> {
    return this.document.request('object/preview', params, signal);
  }

  private async ofObjects<T>(label: string, run: (edit: string) => Promise<T>): Promise<T> {
    const result = await this.document.edit(label, run);
    await this.document.pushMasks();
    return result;
  }

  private async overFrames(
    label: string,
    run: (edit: string) => Promise<EditedFrames>,
  ): Promise<EditedFrames> {
    const result = await this.document.edit(label, run, ({ changed }) => changed);
    if (result.frames.length > 0) await this.document.pushMasks(result.frames);
    return result;
  }
}
