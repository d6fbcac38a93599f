// kernel/audit/: how good masks are: audits by sampling, scores on gold masks.
import { randomInt } from 'node:crypto';
import { basename, dirname, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { MaskletError, throwIfAborted } from '../../shared/protocol/errors';
import type { MaskRecord } from '../../shared/domain/annotations';
import type { AuditAnswerParams, AuditItem, AuditParams, AuditResult } from '../../shared/protocol/audit';
import type { DatasetProgress } from '../../shared/protocol/dataset';
import { findClips, type FoundClip } from '../clips/findClips';
import { readAnnotations } from '../clips/readAnnotations';
import { rleIou } from '../masks/rle';
import { locate } from '../storage/locations';
import { rootOf } from '../storage/dataFolder';
import type { Store } from '../storage/store';
import { fullPath, storedPath } from '../storage/videos';
import { listAudits, maskHash, readAudit, writeAudit, type Audit } from './auditFile';
import { reportOn } from './auditReport';
import { compareWithReference, type DrawnMask } from './referenceMasks';
import { drawOrder, stratify, type Candidate } from './strata';

const DEFAULT_FRAMES = 200;
/** Drawn beyond what is wanted, so that more can be asked for later: lines of text that nobody has to answer. */
const RESERVE = 4;
const LEAST_RESERVE = 1000;
/** With a reference in place of a person, more are drawn until the interval is narrow enough, this often at most. */
const MAX_ROUNDS = 8;

export interface AuditEnvironment {
  readonly store: Store;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: DatasetProgress) => void;
}

/**
 * Draws an audit of a dataset, or resumes its newest one, lets the reference answer where there is one, and reports.
 * @throws MaskletError `input/invalid` where there is nothing to draw from or the clips belong to several datasets; `storage/*`,
 *   `import/*`, `cancelled`
 */
export async function runAudit(params: AuditParams, environment: AuditEnvironment): Promise<AuditResult> {
  checkNumbers(params);
  const clips = await findClips(params, environment.store);
  const folder = folderOf(clips);
  const newest = params.fresh ? undefined : listAudits(folder).at(-1);
  const problems: string[] = [];
  let audit: Audit;
  if (newest === undefined || params.seed !== undefined) {
    audit = await drawAudit(params, clips, environment, problems);
  } else {
    const read = readAudit(newest);
    for (const what of read.disagreements)
      problems.push(`Two people answered differently, and it is asked again: ${what}.`);
    audit = read.audit;
    if (params.frames !== undefined) audit = { ...audit, wanted: atMost(params.frames, audit, problems) };
  }
  for (let round = 0; ; round++) {
    if (params.reference) audit = await answerByReference(audit, params, clips, environment, problems);
    const { width } = reportOn(audit, params.width);
    if (width === undefined || width.answers <= audit.wanted) break;
    const wanted = atMost(width.answers, audit, problems);
    if (wanted === audit.wanted) break;
    audit = { ...audit, wanted };
    if (!params.reference || round >= MAX_ROUNDS) break;
  }
  const file = writeAudit(folder, audit);
  return describe(file, folder, audit, params.width, problems);
}

/**
 * Keeps an answer to an item of an audit.
 * @throws MaskletError `input/invalid` where there is no such item, or the mask that is being corrected is gone
 */
export function answerAudit(
  params: AuditAnswerParams,
  environment: Pick<AuditEnvironment, 'store'>,
): AuditResult {
  const { audit } = readAudit(params.file);
  const folder = dirname(dirname(resolve(params.file)));
  const item = audit.items.at(params.item);
  if (!item || params.item < 0)
    throw new MaskletError('input/invalid', `${params.file} has no item ${params.item}.`, {
      file: params.file,
    });
  const items = audit.items.with(params.item, answered(item, params, folder, environment.store));
  const changed = { ...audit, items };
  const file = writeAudit(folder, changed);
  return describe(file, folder, changed, undefined, []);
}

function answered(item: AuditItem, params: AuditAnswerParams, folder: string, store: Store): AuditItem {
  const { answer: earlier, iou: earlierIou, before, ...open } = item;
  if (params.answer === null) return open;
  const path = fullPath(rootOf(folder), item.clip);
  const { masks } = readAnnotations({ path, ...locate(path, params) }, store);
  const now = masks.find(({ object, frame }) => object === item.object && frame === item.frame);
  const isDrawn = now !== undefined && maskHash(now.mask.counts) === item.mask;
  if (params.answer === 'corrected') {
    if (before === undefined)
      throw new MaskletError('input/invalid', 'Nobody said that this mask was going to be corrected.');
    if (!now)
      throw new MaskletError('input/invalid', `The mask on frame ${item.frame} of ${path} is gone.`, {
        file: path,
        hint: 'Where the object is not in the frame, draw an empty mask, or mark it as absent after the audit.',
      });
    const iou = rleIou({ ...now.mask, counts: before }, now.mask);
    return iou === 1 ? { ...open, answer: 'accepted' } : { ...open, answer: 'corrected', iou: rounded(iou) };
  }
  if (!isDrawn) return { ...open, answer: 'changed' };
  return params.answer === 'correcting'
    ? { ...open, before: now.mask.counts }
    : { ...open, answer: params.answer };
}

function checkNumbers({ frames, width, seed }: AuditParams): void {
  const fail = (what: string, hint: string): never => {
    throw new MaskletError('input/invalid', what, { hint });
  };
  if (frames !== undefined && !(Number.isSafeInteger(frames) && frames >= 1))
    fail(`${frames} is not a number of masks to audit.`, 'Give a whole number from 1.');
  if (width !== undefined && !(width > 0 && width < 1))
    fail(`${width} is not the width of an interval.`, 'Give a number between 0 and 1, such as 0.02.');
  if (seed !== undefined && !(Number.isSafeInteger(seed) && seed >= 0 && seed < 2 ** 31))
    fail(`${seed} is not a seed.`, 'Give a whole number from 0 to 2147483647.');
}

/** An audit is of one dataset, beside whose database it is kept. */
function folderOf(clips: readonly FoundClip[]): string {
  const folders = [...new Set(clips.map(({ databaseFolder }) => databaseFolder))];
  const [folder] = folders;
  if (folders.length === 1) return folder;
  throw new MaskletError(
    'input/invalid',
    `The clips belong to ${folders.length} datasets: ${folders.map(rootOf).join(', ')}.`,
    { hint: 'Audit them one after the other.' },
  );
}

function atMost(wanted: number, { items, strata }: Audit, problems: string[]): number {
  if (wanted <= items.length) return wanted;
  const masks = strata.reduce((sum, stratum) => sum + stratum.masks, 0);
  if (items.length < masks)
    problems.push(
      `${wanted} answers are more than the ${items.length} that this audit was drawn for: draw a new one of ${wanted} masks.`,
    );
  return items.length;
}

async function drawAudit(
  { frames = DEFAULT_FRAMES, seed = randomInt(2 ** 31) }: AuditParams,
  clips: readonly FoundClip[],
  environment: AuditEnvironment,
  problems: string[],
): Promise<Audit> {
  const candidates: (Candidate & {
    readonly clip: number;
    readonly object: string;
    readonly frame: number;
  })[] = [];
  for await (const [n, , content] of annotationsOf(clips, environment, problems)) {
    const labels = new Map(content.objects.map(({ id, label }) => [id, label]));
    for (const mask of content.masks) {
      const { object, frame, area } = mask;
      const [label, state] = [labels.get(object) ?? '', mask.verified ? 'verified' : mask.state];
      candidates.push({ clip: n, object, frame, area, label, state, score: mask.objectScore ?? mask.iou });
    }
  }
  if (candidates.length === 0) {
    throw new MaskletError('input/invalid', 'There are no masks to audit.', {
      hint: problems.at(0) ?? 'Propagate and save first; an audit is drawn from saved masks.',
    });
  }
  const strata = stratify(candidates, Math.min(frames, candidates.length), seed);
  const draws = drawOrder(strata, Math.max(frames * RESERVE, LEAST_RESERVE));
  const hashes = new Map<number, string>();
  const wanted = new Map<number, Map<string, number>>();
  for (const { member } of draws) {
    const { clip, object, frame } = candidates[member];
    const places = wanted.get(clip) ?? new Map<string, number>();
    wanted.set(clip, places.set(`${object}/${frame}`, member));
  }
  const drawnClips = clips.map((clip, n) => (wanted.has(n) ? clip : undefined));
  for await (const [n, , content] of annotationsOf(drawnClips, environment, [])) {
    for (const { object, frame, mask } of content.masks) {
      const member = wanted.get(n)?.get(`${object}/${frame}`);
      if (member !== undefined) hashes.set(member, maskHash(mask.counts));
    }
  }
  const root = rootOf(clips[0].databaseFolder);
  return {
    seed,
    date: new Date().toISOString().slice(0, 10),
    wanted: Math.min(frames, draws.length),
    clips: new Set(candidates.map(({ clip }) => clip)).size,
    strata: strata.map(({ name, members }) => ({ name, masks: members.length })),
    items: draws.map(({ stratum, member }) => {
      const { clip, object, frame, label } = candidates[member];
      const path = storedPath(root, clips[clip].path);
      return { clip: path, object, frame, label, stratum, mask: hashes.get(member) ?? '' };
    }),
  };
}

type ReadClip = readonly [place: number, clip: FoundClip, content: ReturnType<typeof readAnnotations>];

/** Each clip's annotations, one after the other; what cannot be read is a problem. */
async function* annotationsOf(
  clips: readonly (FoundClip | undefined)[],
  { store, signal, onProgress }: AuditEnvironment,
  problems: string[],
): AsyncGenerator<ReadClip> {
  for (const [n, clip] of clips.entries()) {
    if (!clip) continue;
    await setImmediate();
    throwIfAborted(signal);
    onProgress({ clip: basename(clip.path), clipsDone: n, clips: clips.length, done: 0, total: 1 });
    let content;
    try {
      content = readAnnotations(clip, store);
    } catch (error) {
      if (!(error instanceof MaskletError)) throw error;
      problems.push(`${clip.path} is left out: ${error.message}`);
      continue;
    }
    yield [n, clip, content];
  }
}

async function answerByReference(
  audit: Audit,
  { reference }: AuditParams,
  clips: readonly FoundClip[],
  environment: AuditEnvironment,
  problems: string[],
): Promise<Audit> {
  const items = [...audit.items];
  const root = rootOf(clips[0].databaseFolder);
  const open = new Map<string, number[]>();
  for (const [n, { clip, answer }] of items.slice(0, audit.wanted).entries()) {
    if (answer === undefined) open.set(clip, [...(open.get(clip) ?? []), n]);
  }
  const asked = clips.map((clip) => (open.has(storedPath(root, clip.path)) ? clip : undefined));
  for await (const [, clip, content] of annotationsOf(asked, environment, problems)) {
    const masks = new Map(
      content.masks.map((mask): [string, MaskRecord] => [`${mask.object}/${mask.frame}`, mask]),
    );
    const drawn: (DrawnMask & { readonly place: number })[] = [];
    for (const place of open.get(storedPath(root, clip.path)) ?? []) {
      const item = items[place];
      const mask = masks.get(`${item.object}/${item.frame}`)?.mask;
      if (mask && maskHash(mask.counts) === item.mask) drawn.push({ place, item, mask });
      else items[place] = { ...item, answer: 'changed' };
    }
    if (!reference || drawn.length === 0) continue;
    const ious = await compareWithReference(drawn, content.video, reference, environment.signal);
    for (const [n, { place, item }] of drawn.entries()) {
      const iou = ious[n];
      items[place] =
        iou === null
          ? { ...item, answer: 'cannot-tell' }
          : iou === 1
            ? { ...item, answer: 'accepted' }
            : { ...item, answer: 'corrected', iou: rounded(iou) };
    }
  }
  return { ...audit, items };
}

const rounded = (iou: number): number => Math.round(iou * 1e6) / 1e6;

function describe(
  file: string,
  folder: string,
  audit: Audit,
  width: number | undefined,
  problems: readonly string[],
): AuditResult {
  const report = reportOn(audit, width);
  return {
    file,
    seed: audit.seed,
    date: audit.date,
    root: rootOf(folder),
    masks: report.all.masks,
    clips: audit.clips,
    strata: audit.strata.length,
    items: audit.items.slice(0, audit.wanted),
    report,
    problems,
  };
}
