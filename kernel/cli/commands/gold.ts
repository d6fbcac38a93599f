import { resolve } from 'node:path';
import { CancelledError } from '../../../shared/protocol/errors';
import type { KernelSettings } from '../../../shared/protocol/settings';
import { parseRange } from '../arguments';
import { openClip, saveAndClose } from '../clipSession';
import { printResult } from '../output';
import { withKernel } from '../withKernel';
import { chooseObjects, framesWithin } from './verify';

export interface GoldCommandOptions {
  readonly json: boolean;
  /** Ids or labels; none: all objects. */
  readonly object: readonly string[];
  readonly frames?: string;
  readonly undo: boolean;
  readonly settings: Partial<KernelSettings>;
}

/** `masklet gold VIDEO`: marks masks as references that propagation is measured by, or takes that back, and saves. */
export async function gold(video: string, options: GoldCommandOptions): Promise<void> {
  const result = await withKernel('masklet gold', options.settings, async (kernel, signal) => {
    const session = await openClip(kernel, { path: resolve(video), holder: 'masklet gold' }, signal);
    const { video: clip, objects } = session.opened;
    const range = parseRange(options.frames ?? ':', clip.frameCount);
    const { status } = await session.request('session/snapshot', {});
    const changed: { id: string; label: string; changed: number; prompted: number }[] = [];
    for (const { id, label } of chooseObjects(objects, options.object, clip.path)) {
      if (signal.aborted) throw new CancelledError();
      const of = status.find(({ object }) => object === id);
      const marked = new Set(framesWithin(of?.gold ?? [], range));
      // Propagation starts from prompts; it cannot be measured there.
      const prompted = new Set(framesWithin(of?.prompted ?? [], range));
      const masked = framesWithin(of?.masked ?? [], range).filter((frame) => !prompted.has(frame));
      const frames = masked.filter((frame) => marked.has(frame) === options.undo);
      if (frames.length > 0) await session.request('mask/gold', { object: id, frames, gold: !options.undo });
      changed.push({ id, label, changed: frames.length, prompted: prompted.size });
    }
    const sidecar = await saveAndClose(session);
    return { video: clip.path, sidecar, gold: !options.undo, objects: changed };
  });
  printResult(options.json, result, () =>
    [
      result.video,
      ...result.objects.map(({ id, label, changed, prompted }) => {
        const skipped = prompted > 0 && result.gold ? `; ${prompted} with prompts were left out` : '';
        return `  object     ${id} "${label}": ${changed} masks ${options.undo ? 'no longer gold' : 'are gold now'}${skipped}`;
      }),
      `  sidecar    ${result.sidecar}`,
    ].join('\n'),
  );
}
