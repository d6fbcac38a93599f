import { resolve } from 'node:path';
import { defaultModelId } from '../../../models/catalogue';
import { isQuality, qualities, type Quality } from '../../../shared/domain/annotations';
import type { FrameRange } from '../../../shared/domain/video';
import type { KernelSettings } from '../../../shared/protocol/settings';
import {
  compareModels,
  type Contestant,
  type ModelComparison,
  type Performance,
} from '../../client/compareModels/compareModels';
import { masksToTake } from '../../client/compareModels/takeMasks';
import { parseLabels, parseRange } from '../arguments';
import { openClip, saveAndClose } from '../clipSession';
import { printResult, usageError } from '../output';
import { progressBar, type ProgressBar } from '../progressBar';
import { interruptible, withKernel } from '../withKernel';

export interface CompareCommandOptions {
  readonly json: boolean;
  /** Two, with a comma between; each an id, or `id@quality`. */
  readonly models: string;
  readonly quality?: Quality;
  readonly frames?: 'held' | 'verified';
  readonly range?: string;
  /** The contestant whose masks are taken, as `models` names it. */
  readonly take?: string;
  readonly settings: Partial<KernelSettings>;
}

/** What the built-in model may be called. */
const builtIn = 'embedded';

/** `masklet compare VIDEO --models a,b` */
export async function compare(video: string, options: CompareCommandOptions): Promise<void> {
  const contestants = parseContestants(options.models, options.quality);
  const { take } = options;
  if (take !== undefined && !contestants.some(({ name }) => name === take)) {
    throw usageError(
      `"${take}" is not compared.`,
      `Give ${contestants.map(({ name }) => name).join(' or ')}.`,
    );
  }
  const path = resolve(video);
  const range = options.range === undefined ? undefined : await rangeOf(path, options.range, options);
  const bars = new Map<string, ProgressBar>();
  const found = await interruptible((signal) =>
    compareModels(
      {
        path,
        contestants,
        ...(options.settings.dataDir === undefined ? {} : { dataDir: options.settings.dataDir }),
        ...(range === undefined ? {} : { range }),
        verifiedOnly: options.frames === 'verified',
      },
      { client: 'masklet compare', settings: options.settings },
      signal,
      ({ contestant, done, total }) => {
        const bar = bars.get(contestant) ?? progressBar({ label: contestant, unit: 'frames' });
        bars.set(contestant, bar);
        bar.update(done, total);
      },
    ).finally(() => bars.forEach((bar) => bar.done())),
  );
  if (found.unsaved)
    process.stderr.write(
      'masklet: warning: the clip has changes that are not saved; they were not compared\n',
    );
  const winner = found.contestants.find(({ name }) => name === take);
  const taken = winner && (await takeInto(path, winner, range, options));
  const result = {
    ...found,
    contestants: found.contestants.map(({ masks: _masks, ...rest }) => rest),
    ...(taken ?? {}),
  };
  printResult(options.json, result, () => describe(found, taken));
}

interface Taken {
  readonly taken: number;
  readonly sidecar: string;
}

/** Writes the masks of one of both into the clip, and saves. */
async function takeInto(
  path: string,
  winner: Performance,
  range: FrameRange | undefined,
  { settings }: CompareCommandOptions,
): Promise<Taken> {
  return await withKernel('masklet compare', settings, async (kernel, signal) => {
    const session = await openClip(kernel, { path, holder: 'masklet compare' }, signal);
    const whole = { first: 0, last: session.opened.video.frameCount - 1 };
    const edits = await masksToTake(winner, range ?? whole, (frame) =>
      session.request('frame/masks', { frame }),
    );
    for (const edit of edits) await session.request('object/addMask', edit);
    return { taken: edits.length, sidecar: await saveAndClose(session) };
  });
}

async function rangeOf(path: string, text: string, { settings }: CompareCommandOptions): Promise<FrameRange> {
  return await withKernel('masklet compare', settings, async (kernel, signal) => {
    const { frameCount } = await kernel.request('video/info', { path }, { signal });
    return parseRange(text, frameCount);
  });
}

function parseContestants(text: string, quality: Quality | undefined): readonly [Contestant, Contestant] {
  const names = parseLabels(text);
  const contestants = names.map((name): Contestant => {
    const [id, own = quality, ...more] = name.split('@');
    if ((own !== undefined && !isQuality(own)) || more.length > 0) {
      throw usageError(
        `"${name}" is not a model to compare.`,
        `Give an id, or id@quality with ${qualities.join(', ')}.`,
      );
    }
    return {
      name,
      model: id === builtIn ? defaultModelId : id,
      ...(own === undefined ? {} : { quality: own }),
    };
  });
  const [a, b, ...others] = contestants;
  if (a && b && others.length === 0) return [a, b];
  throw usageError('Two models are compared.', 'Give both: --models embedded@fast,embedded@best.');
}

function describe(
  { path, contestants, references, agreement, differ }: ModelComparison,
  taken?: Taken,
): string {
  const score = (value: number): string => value.toFixed(3);
  return [
    path,
    ...contestants.map(({ name, measure, msPerFrame, peakBytes }) => {
      const speed = msPerFrame === null ? 'no frames' : `${(msPerFrame / 1000).toFixed(2)} s a frame`;
      const fit = measure
        ? `J&F ${score(measure['J&F'])} (J ${score(measure.J)}, F ${score(measure.F)}), `
        : '';
      return `  ${name.padEnd(26)} ${fit}${speed}, ${(peakBytes / 1e9).toFixed(1)} GB`;
    }),
    references > 0
      ? `  measured on ${references} masks that are gold, verified or drawn by hand`
      : '  no verified or hand-drawn masks to measure on: verify some frames without prompts',
    ...(agreement === null ? [] : [`  agreement  mean IoU ${score(agreement)}`]),
    ...(differ.length === 0
      ? []
      : [
          `  differ on  frames ${differ.map(({ first, last }) => (first === last ? first : `${first}-${last}`)).join(', ')}`,
        ]),
    ...(taken ? [`  taken      ${taken.taken} masks, saved in ${taken.sidecar}`] : []),
  ].join('\n');
}
