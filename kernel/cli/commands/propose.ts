import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { KernelSession } from '../../client/kernelClient';
import { encodeImage } from '../../pixels/encodeImage';
import { objectColor } from '../../render/colors';
import { drawOverlay } from '../../render/overlayVideo';
import { TextPainter } from '../../render/text';
import { makeOutputFolder } from '../../storage/makeOutputFolder';
import type { ObjectId } from '../../../shared/domain/annotations';
import type { FrameIndex } from '../../../shared/domain/video';
import type { Proposal, ProposeResult } from '../../../shared/protocol/session';
import type { KernelSettings } from '../../../shared/protocol/settings';
import { parseCount, parseFrame, parseNumbers } from '../arguments';
import { openClip, saveAndClose } from '../clipSession';
import { printResult, usageError } from '../output';
import { progressBar } from '../progressBar';
import { withKernel } from '../withKernel';

export interface ProposeOptions {
  readonly json: boolean;
  readonly frame: string;
  readonly grid?: string;
  /** A JPEG with the proposals and their numbers. */
  readonly out?: string;
  /** `all`, or numbers with commas between. */
  readonly add?: string;
  readonly label?: string;
  readonly model?: string;
  readonly settings: Partial<KernelSettings>;
}

/** `masklet propose VIDEO --frame N`: what may be objects on a frame, and makes objects of those that are named. */
export async function propose(video: string, options: ProposeOptions): Promise<void> {
  const frame = parseFrame(options.frame);
  const grid = options.grid === undefined ? undefined : parseCount(options.grid, '--grid');
  const wanted =
    options.add === undefined || options.add === 'all' ? options.add : parseNumbers(options.add, '--add');
  const result = await withKernel('masklet propose', options.settings, async (kernel, signal) => {
    const place = {
      path: resolve(video),
      holder: 'masklet propose',
      readOnly: wanted === undefined,
      ...(options.model === undefined ? {} : { model: options.model }),
    };
    const session = await openClip(kernel, place, signal);
    const bar = progressBar({ label: 'proposing', unit: 'clicks' });
    const found = await session
      .request(
        'frame/propose',
        { frame, ...(grid === undefined ? {} : { grid }) },
        { signal, onProgress: ({ done, total }) => bar.update(done, total) },
      )
      .finally(() => bar.done());
    const { proposals } = found;
    if (options.out !== undefined) await writePicture(session, frame, proposals, resolve(options.out));
    if (wanted === undefined) {
      await session.close();
      return { video: session.opened.video.path, ...found };
    }
    const last = proposals.length;
    if (wanted !== 'all' && wanted.some((n) => n > last)) {
      throw usageError(
        `There are ${last} proposals, not ${Math.max(...wanted)}.`,
        'They are numbered from 1.',
      );
    }
    const chosen = wanted === 'all' ? proposals : wanted.map((n) => proposals[n - 1]);
    const objects: ObjectId[] = [];
    for (const proposal of chosen) objects.push(await accept(session, frame, proposal, options.label));
    const sidecar = await saveAndClose(session);
    return { video: session.opened.video.path, ...found, objects, sidecar };
  });
  printResult(options.json, result, () => describe(result));
}

/** The proposal's box and click become the prompt of a new object. */
async function accept(
  session: KernelSession,
  frame: FrameIndex,
  { bbox, point: [x, y] }: Proposal,
  label: string | undefined,
): Promise<ObjectId> {
  const object = randomBytes(4).toString('hex');
  const points = [{ x, y, label: 1 as const }];
  await session.request('object/addBox', { object, frame, box: bbox, points });
  if (label !== undefined) await session.request('object/update', { object, label });
  return object;
}

async function writePicture(
  session: KernelSession,
  frame: FrameIndex,
  proposals: readonly Proposal[],
  file: string,
): Promise<void> {
  const { data, width, height, pts } = await session.request('frame/image', { frame, format: 'rgb' });
  const objects = proposals.map((_, n) => ({ id: String(n), label: String(n + 1), color: objectColor(n) }));
  const canvas = await drawOverlay(
    {
      rgb: { index: frame, pts, width, height, data },
      masks: proposals.map(({ mask }, n) => ({ object: String(n), mask })),
    },
    objects,
    new TextPainter(),
  );
  const picture = await encodeImage(canvas, 'jpeg', Math.max(width, height));
  makeOutputFolder(dirname(file));
  await writeFile(file, picture.data);
}

function describe(
  result: ProposeResult & {
    readonly video: string;
    readonly objects?: readonly ObjectId[];
    readonly sidecar?: string;
  },
): string {
  const { proposals, objects } = result;
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  return [
    `${result.video}, frame ${result.frame}: ${proposals.length} proposals`,
    ...proposals.map(({ area, bbox, iou, stability }, n) => {
      const scores = `predicted IoU ${iou.toFixed(3)}, stability ${stability.toFixed(3)}`;
      return `  ${String(n + 1).padStart(3)}  ${String(area).padStart(8)} pixels in ${bbox.join(',')}, ${scores}`;
    }),
    `  time       ${seconds(result.wallMs)} s, the encoder ${seconds(result.encodeMs)} s of it`,
    ...(objects ? [`  objects    ${objects.length === 0 ? 'none' : objects.join(', ')}`] : []),
    ...(result.sidecar === undefined ? [] : [`  sidecar    ${result.sidecar}`]),
  ].join('\n');
}
