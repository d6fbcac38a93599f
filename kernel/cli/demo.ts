/** `npm run demo`: the main job from nothing, on a clip of our own or on one that is given. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { makeOutputFolder } from '../storage/makeOutputFolder';
import { Command, CommanderError } from 'commander';
import type { KernelSession } from '../client/kernelClient';
import { MaskletError } from '../../shared/protocol/errors';
import { rleIou } from '../masks/rle';
import type { FrameIndex } from '../../shared/domain/video';
import type { MaskView } from '../../shared/domain/annotations';
import { contactSheetFrames, writeContactSheet } from '../render/contactSheet';
import { writeOverlayVideo } from '../render/overlayVideo';
import type { GroundTruth } from '../sample/groundTruth';
import { renderSampleClip } from '../sample/sampleClip';
import { withDefaults } from '../../shared/protocol/settings';
import { findFfmpeg } from '../video/ffmpeg';
import type { RgbFrame } from '../video/api';
import { runSegment } from './commands/segment';
import { EXIT } from '../../shared/protocol/exitCodes';
import { printError } from './output';
import { progressBar } from './progressBar';
import { withKernel } from './withKernel';

interface DemoInput {
  readonly video: string;
  readonly box: string;
  readonly truth?: GroundTruth;
}

const SAMPLE_VERSION = 1;

/** The sample clip, rendered at the first run and kept, with its ground truth, for the next. */
async function sampleClip(folder: string): Promise<DemoInput> {
  const video = join(folder, `sample-${SAMPLE_VERSION}.mp4`);
  const notes = `${video}.truth.json`;
  if (!existsSync(video) || !existsSync(notes)) {
    const { path: ffmpeg } = await findFfmpeg();
    const bar = progressBar({ label: 'rendering the sample clip', unit: 'frames' });
    const clip = await renderSampleClip({
      out: video,
      ffmpeg,
      onProgress: (done, total) => bar.update(done, total),
    }).finally(() => bar.done());
    await writeFile(notes, JSON.stringify({ box: clip.box, truth: clip.groundTruth }));
  }
  const { box, truth } = JSON.parse(await readFile(notes, 'utf8')) as { box: number[]; truth: GroundTruth };
  return { video, box: `0:${box.join(',')}`, truth };
}

interface AnnotatedFrame {
  readonly rgb: RgbFrame;
  readonly masks: readonly MaskView[];
}

/** Reads frames and masks back from the kernel, one at a time, as any user of it would. */
async function* annotatedFrames(
  session: KernelSession,
  frames: Iterable<FrameIndex>,
): AsyncGenerator<AnnotatedFrame> {
  for (const frame of frames) {
    const { pts, width, height, data } = await session.request('frame/image', { frame, format: 'rgb' });
    const masks = await session.request('frame/masks', { frame });
    yield { rgb: { index: frame, pts, width, height, data }, masks };
  }
}

function meanIou(truth: GroundTruth, masks: ReadonlyMap<FrameIndex, MaskView>): number {
  const own = truth.objects[0].masks;
  const scores = own.map((expected, frame) => {
    const found = masks.get(frame);
    return found ? rleIou(found.mask, expected) : 0;
  });
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

async function demo(given: string | undefined, options: { box?: string; out: string }): Promise<void> {
  const out = resolve(options.out);
  makeOutputFolder(out);
  if (given !== undefined && options.box === undefined) {
    throw new MaskletError('input/invalid', `Where is the object in ${given}?`, {
      hint: 'Add --box F:x0,y0,x1,y1: a box around it, in pixels, on frame F.',
    });
  }
  const input: DemoInput =
    given === undefined ? await sampleClip(out) : { video: resolve(given), box: options.box ?? '' };

  const result = await runSegment(input.video, {
    json: false,
    box: [input.box],
    point: [],
    mask: [],
    label: given === undefined ? 'fish' : 'object',
    direction: 'both',
    force: true,
    acceptChangedVideo: false,
    settings: withDefaults(),
  });
  if (result.cancelled) throw new MaskletError('cancelled', 'Stopped; what was done is saved.');

  const name = basename(input.video, extname(input.video));
  const overlay = join(out, `${name}.overlay.mp4`);
  const sheet = join(out, `${name}.sheet.png`);
  const { path: ffmpeg } = await findFfmpeg();
  const found = new Map<FrameIndex, MaskView>();
  const [main] = result.objects;
  await withKernel('masklet demo', withDefaults(), async (kernel, signal) => {
    const session = await kernel.open(
      { path: input.video, readOnly: true, holder: 'masklet demo', whole: true },
      { signal },
    );
    const { video, objects } = session.opened;
    const bar = progressBar({ label: 'drawing the overlay', unit: 'frames' });
    async function* watched(): AsyncGenerator<AnnotatedFrame> {
      for await (const frame of annotatedFrames(session, Array(video.frameCount).keys())) {
        const own = frame.masks.find((mask) => mask.object === main.id);
        if (own) found.set(frame.rgb.index, own);
        yield frame;
        bar.update(frame.rgb.index + 1, video.frameCount);
      }
    }
    await writeOverlayVideo({
      frames: watched(),
      objects,
      out: overlay,
      fps: video.fps || 25,
      ffmpeg,
      signal,
    }).finally(() => bar.done());
    const shown = contactSheetFrames({ first: 0, last: video.frameCount - 1 }, 12);
    const frames = annotatedFrames(session, shown);
    await writeContactSheet({ frames, objects, out: sheet, title: basename(input.video), signal });
    await session.close();
  });

  const lines = [
    `video          ${input.video}`,
    `sidecar        ${result.sidecar}`,
    `overlay        ${overlay}`,
    `contact sheet  ${sheet}`,
    `frames         ${result.frameCount}, object followed on ${[...found.values()].filter((mask) => mask.area > 0).length}`,
    ...(result.msPerFrame === null
      ? []
      : [`time           ${(result.msPerFrame / 1000).toFixed(2)} s a frame`]),
    ...(input.truth
      ? [`mean IoU       ${meanIou(input.truth, found).toFixed(3)} against the renderer's ground truth`]
      : []),
  ];
  process.stdout.write(`\n${lines.join('\n')}\n`);
}

async function main(): Promise<void> {
  const command = new Command('npm run demo --')
    .description('Follows an object through a clip and writes sidecar, overlay and contact sheet.')
    .argument('[video]', 'a video of yours (default: a sample clip that is rendered on the spot)')
    .option('--box <F:x0,y0,x1,y1>', 'a box around the object on frame F')
    .option('--out <dir>', 'where the pictures go', 'out/demo')
    .exitOverride()
    .action(demo);
  try {
    await command.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    else process.exitCode = printError(false, error);
  }
}

void main();
