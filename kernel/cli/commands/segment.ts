// kernel/cli/commands/: what each command of the command line does, one file each.
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { KernelSession } from '../../client/kernelClient';
import { CancelledError } from '../../../shared/protocol/errors';
import type { Direction, FramePrompt, ObjectId } from '../../../shared/domain/annotations';
import type { KernelSettings } from '../../../shared/protocol/settings';
import type { PropagateResult } from '../../../shared/protocol/session';
import { parseRange } from '../arguments';
import { openClip, propagateWithBar, saveAndClose, takingOver, type TakeOverOption } from '../clipSession';
import { EXIT } from '../../../shared/protocol/exitCodes';
import { agreementLines } from '../agreementLines';
import { printResult, usageError } from '../output';
import {
  promptsFromOptions,
  readMasks,
  readPromptFile,
  type GivenObject,
  type GivenPrompt,
  type UnreadObject,
} from '../promptFile';
import { withKernel } from '../withKernel';

export interface SegmentOptions extends TakeOverOption {
  readonly json: boolean;
  readonly prompts?: string;
  readonly box: readonly string[];
  readonly point: readonly string[];
  readonly mask: readonly string[];
  readonly object?: ObjectId;
  readonly label?: string;
  readonly direction: Direction | 'both';
  readonly range?: string;
  readonly model?: string;
  readonly force: boolean;
  readonly acceptChangedVideo: boolean;
  readonly settings: Partial<KernelSettings>;
}

export interface SegmentResult extends PropagateResult {
  readonly video: string;
  readonly sidecar: string;
  readonly database: string;
  readonly objects: readonly {
    readonly id: ObjectId;
    readonly label: string;
    readonly firstMask: { area: number; iou: number | null };
  }[];
  readonly frameCount: number;
  readonly msPerFrame: number | null;
}

/** `masklet segment VIDEO ...`; prompts, propagates and saves. Cancelled, it saves what it has and says so. */
export async function segment(video: string, options: SegmentOptions): Promise<void> {
  const result = await runSegment(video, options);
  printResult(options.json, result, () => describe(result));
  if (!result.cancelled) return;
  process.stderr.write('masklet: stopped; what was done is saved, and the same command resumes from here\n');
  process.exitCode = EXIT.cancelled;
}

/** The work of `segment`, for whoever wants its result instead of its output. */
export async function runSegment(video: string, options: SegmentOptions): Promise<SegmentResult> {
  const given = await readPrompts(options);
  return await withKernel('masklet segment', options.settings, async (kernel, signal) => {
    const session = await openClip(
      kernel,
      {
        path: resolve(video),
        holder: 'masklet segment',
        ...takingOver(options),
        ...(options.model ? { model: options.model } : {}),
        acceptChangedVideo: options.acceptChangedVideo,
      },
      signal,
    );
    const { opened } = session;
    const range = options.range ? parseRange(options.range, opened.video.frameCount) : undefined;
    const objects: { id: ObjectId; label: string; firstMask: { area: number; iou: number | null } }[] = [];
    for (const object of given) {
      if (signal.aborted) throw new CancelledError();
      objects.push(await placeObject(session, await readMasks(object, opened.video)));
    }
    const propagated = await propagateWithBar(
      session,
      {
        objects: objects.map((object) => object.id),
        direction: options.direction,
        force: options.force,
        ...(range ? { range } : {}),
      },
      signal,
    );
    const sidecar = await saveAndClose(session);
    const tracked = propagated.frames - propagated.skipped;
    return {
      video: opened.video.path,
      sidecar,
      database: opened.database,
      objects,
      frameCount: opened.video.frameCount,
      msPerFrame: tracked > 0 ? propagated.wallMs / tracked : null,
      ...propagated,
    };
  });
}

async function readPrompts(options: SegmentOptions): Promise<UnreadObject[]> {
  const fromFile = options.prompts ? await readPromptFile(options.prompts) : [];
  const prompts = promptsFromOptions(options);
  const fromOptions: UnreadObject[] =
    prompts.length === 0
      ? []
      : [
          {
            prompts,
            ...(options.object === undefined ? {} : { id: options.object }),
            ...(options.label === undefined ? {} : { label: options.label }),
          },
        ];
  const given = [...fromFile, ...fromOptions];
  if (given.length > 0) return given;
  throw usageError(
    'No prompt was given.',
    'Say where the object is: --box F:x0,y0,x1,y1, --point F:x,y, --mask F:FILE.png or --prompts FILE.json.',
  );
}

/** Puts an object's prompts; what is there already in the same words is left alone, so that a second run resumes. */
async function placeObject(
  session: KernelSession,
  given: GivenObject,
): Promise<{ id: ObjectId; label: string; firstMask: { area: number; iou: number | null } }> {
  const { opened } = session;
  const id =
    given.id ?? objectWithSamePrompts(opened.prompts, given.prompts) ?? randomBytes(4).toString('hex');
  let firstMask: { area: number; iou: number | null } | undefined;
  for (const { frame, points, box, mask } of given.prompts) {
    const at = { object: id, frame };
    if (mask) {
      const result = await session.request('object/addMask', { ...at, mask });
      firstMask ??= result.mask;
      if (!box && points.length === 0) continue;
    }
    const result = box
      ? await session.request('object/addBox', { ...at, box, points, replace: true })
      : await session.request('object/addPoints', { ...at, points, replace: true });
    firstMask ??= result.mask;
  }
  const known = opened.objects.find((object) => object.id === id);
  const label = given.label ?? known?.label ?? 'object';
  if (label !== known?.label) await session.request('object/update', { object: id, label });
  const { area = 0, iou = null } = firstMask ?? {};
  return { id, label, firstMask: { area, iou } };
}

/** The object that an earlier run of the same command made. */
function objectWithSamePrompts(
  prompts: readonly FramePrompt[],
  given: readonly GivenPrompt[],
): ObjectId | undefined {
  const signature = (list: readonly GivenPrompt[]): string =>
    JSON.stringify(
      [...list]
        .sort((a, b) => a.frame - b.frame)
        .map(({ frame, points, box, mask }) => {
          // A mask below points may be the tracked one that they corrected: the given words are what is compared.
          const own = points.length > 0 || box ? null : (mask?.counts ?? null);
          return [frame, points.map((p) => [p.x, p.y, p.label]), box ?? null, own];
        }),
    );
  const wanted = signature(given);
  const ids = new Set(prompts.map((prompt) => prompt.object));
  return [...ids].find((id) => signature(prompts.filter((prompt) => prompt.object === id)) === wanted);
}

function describe(result: SegmentResult): string {
  const tracked = result.frames - result.skipped;
  return [
    result.video,
    ...result.objects.map(({ id, label, firstMask }) => {
      const score = firstMask.iou === null ? '' : `, predicted IoU ${firstMask.iou.toFixed(3)}`;
      return `  object     ${id} "${label}": ${firstMask.area} pixels on its first prompted frame${score}`;
    }),
    `  frames     ${tracked} tracked, ${result.skipped} up to date already, ${result.frameCount} in the video`,
    ...(result.msPerFrame === null
      ? []
      : [`  time       ${(result.msPerFrame / 1000).toFixed(2)} s a frame`]),
    ...agreementLines(result.boxAgreement),
    `  sidecar    ${result.sidecar}`,
    `  database   ${result.database}`,
  ].join('\n');
}
