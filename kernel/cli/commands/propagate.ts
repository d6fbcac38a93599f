import { resolve } from 'node:path';
import type { Direction } from '../../../shared/domain/annotations';
import type { KernelSettings } from '../../../shared/protocol/settings';
import { parseRange } from '../arguments';
import { openClip, propagateWithBar, saveAndClose, takingOver, type TakeOverOption } from '../clipSession';
import { EXIT } from '../../../shared/protocol/exitCodes';
import { agreementLines } from '../agreementLines';
import { printResult } from '../output';
import { withKernel } from '../withKernel';

export interface PropagateCommandOptions extends TakeOverOption {
  readonly json: boolean;
  /** Ids; none: all objects that have prompts. */
  readonly object: readonly string[];
  readonly direction: Direction | 'both';
  readonly range?: string;
  readonly model?: string;
  readonly force: boolean;
  readonly settings: Partial<KernelSettings>;
}

/** `masklet propagate VIDEO`: carries the prompts that are there through the clip, and saves, also what was done when stopped. */
export async function propagate(video: string, options: PropagateCommandOptions): Promise<void> {
  const result = await withKernel('masklet propagate', options.settings, async (kernel, signal) => {
    const session = await openClip(
      kernel,
      {
        path: resolve(video),
        holder: 'masklet propagate',
        ...takingOver(options),
        ...(options.model === undefined ? {} : { model: options.model }),
      },
      signal,
    );
    const { video: clip } = session.opened;
    const range = options.range === undefined ? undefined : parseRange(options.range, clip.frameCount);
    const propagated = await propagateWithBar(
      session,
      {
        direction: options.direction,
        force: options.force,
        ...(options.object.length === 0 ? {} : { objects: options.object }),
        ...(range ? { range } : {}),
      },
      signal,
    );
    const sidecar = await saveAndClose(session);
    return { video: clip.path, sidecar, frameCount: clip.frameCount, ...propagated };
  });
  printResult(options.json, result, () =>
    [
      result.video,
      `  frames     ${result.frames - result.skipped} tracked, ${result.skipped} up to date already, ${result.frameCount} in the video`,
      ...agreementLines(result.boxAgreement),
      `  sidecar    ${result.sidecar}`,
    ].join('\n'),
  );
  if (!result.cancelled) return;
  process.stderr.write('masklet: stopped; what was done is saved, and the same command resumes from here\n');
  process.exitCode = EXIT.cancelled;
}
