import { resolve } from 'node:path';
import { CancelledError, MaskletError } from '../../../shared/protocol/errors';
import type { FrameIndex, FrameRange } from '../../../shared/domain/video';
import type { KernelSettings } from '../../../shared/protocol/settings';
import type { ObjectId, ObjectRecord } from '../../../shared/domain/annotations';
import { parseRange } from '../arguments';
import { openClip, saveAndClose, takingOver, type TakeOverOption } from '../clipSession';
import { printResult } from '../output';
import { withKernel } from '../withKernel';

export interface VerifyCommandOptions extends TakeOverOption {
  readonly json: boolean;
  /** Ids or labels; none: all objects. */
  readonly object: readonly string[];
  readonly frames?: string;
  readonly undo: boolean;
  readonly settings: Partial<KernelSettings>;
}

/** `masklet verify VIDEO`: says that masks were looked at and are right, or takes that back, and saves. */
export async function verify(video: string, options: VerifyCommandOptions): Promise<void> {
  const result = await withKernel('masklet verify', options.settings, async (kernel, signal) => {
    const open = { path: resolve(video), holder: 'masklet verify', ...takingOver(options) };
    const session = await openClip(kernel, open, signal);
    const { video: clip, objects } = session.opened;
    const range = parseRange(options.frames ?? ':', clip.frameCount);
    const chosen = chooseObjects(objects, options.object, clip.path);
    const { status } = await session.request('session/snapshot', {});
    const changed: { id: ObjectId; label: string; masks: number; changed: number }[] = [];
    for (const { id, label } of chosen) {
      if (signal.aborted) throw new CancelledError();
      const of = status.find(({ object }) => object === id);
      const masked = framesWithin(of?.masked ?? [], range);
      const verified = new Set(framesWithin(of?.verified ?? [], range));
      const frames = masked.filter((frame) => verified.has(frame) === options.undo);
      if (frames.length > 0)
        await session.request('object/verify', { object: id, frames, verified: !options.undo });
      changed.push({ id, label, masks: masked.length, changed: frames.length });
    }
    const sidecar = await saveAndClose(session);
    return { video: clip.path, sidecar, verified: !options.undo, objects: changed };
  });
  printResult(options.json, result, () =>
    [
      result.video,
      ...result.objects.map(
        ({ id, label, masks, changed }) =>
          `  object     ${id} "${label}": ${changed} masks ${options.undo ? 'no longer verified' : 'verified'}, ${masks - changed} already were`,
      ),
      `  sidecar    ${result.sidecar}`,
    ].join('\n'),
  );
}

/** The objects with these ids or labels; all where none is named. @throws MaskletError `object/unknown` */
export function chooseObjects(
  objects: readonly ObjectRecord[],
  wanted: readonly string[],
  path: string,
): readonly ObjectRecord[] {
  for (const name of wanted) {
    if (objects.some(({ id, label }) => id === name || label === name)) continue;
    throw new MaskletError('object/unknown', `${path} has no object "${name}".`, {
      file: path,
      hint: `There ${objects.length === 0 ? 'are none' : `is ${objects.map(({ id, label }) => `${id} "${label}"`).join(', ')}`}.`,
    });
  }
  return wanted.length === 0
    ? objects
    : objects.filter(({ id, label }) => wanted.includes(id) || wanted.includes(label));
}

/** The frames of ranges that lie within one. */
export function framesWithin(ranges: readonly FrameRange[], { first, last }: FrameRange): FrameIndex[] {
  return ranges.flatMap((range) => {
    const from = Math.max(range.first, first);
    const to = Math.min(range.last, last);
    return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
  });
}
