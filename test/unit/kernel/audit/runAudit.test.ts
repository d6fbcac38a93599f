import { readFileSync, writeFileSync } from 'node:fs';
import { appendFile, mkdir } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { answerAudit, runAudit } from '../../../../kernel/audit/runAudit';
import { listAudits, readAudit } from '../../../../kernel/audit/auditFile';
import { scoreClips } from '../../../../kernel/audit/scoreClips';
import { checkClips } from '../../../../kernel/dataset/checkClips';
import { rleIou } from '../../../../kernel/masks/rle';
import { Store } from '../../../../kernel/storage/store';
import type { AuditParams, AuditResult } from '../../../../shared/protocol/audit';
import type { MaskRecord, RleMask } from '../../../../shared/domain/annotations';
import {
  annotate,
  annotatedClip,
  datasetFolder,
  drawn,
  exportHere,
  infoOf,
} from '../../../support/datasetFixture';

const [WIDTH, HEIGHT] = [8, 4];
const GOOD = drawn('........', '.####...', '.####...', '........');
const BAD = drawn('........', '.##.....', '.##.....', '........');

const run = (params: AuditParams): Promise<AuditResult> =>
  runAudit(params, { store: new Store(), signal: new AbortController().signal, onProgress: () => undefined });

/** Two clips of two objects; every fifth mask of the second object is half of what it should be. */
async function dataset(frames = 20): Promise<{ folder: string; truth: (object: string) => RleMask }> {
  const folder = await datasetFolder();
  for (const name of ['a', 'b']) {
    const masks = Array.from({ length: frames }, (_, frame) =>
      ['cat', 'dog'].map((object) => ({
        object,
        frame,
        mask: object === 'dog' && frame % 5 === 0 ? BAD : GOOD,
        state: 'propagated' as const,
        iou: 0.9,
      })),
    ).flat();
    await annotatedClip(join(folder, name), {
      ...{ frames, width: WIDTH, height: HEIGHT, masks },
      objects: [
        { id: 'cat', label: 'cat' },
        { id: 'dog', label: 'dog' },
      ],
    });
  }
  return { folder, truth: () => GOOD };
}

describe('an audit', () => {
  it('is drawn, answered, extended and resumed, and all of it is text beside the data', async () => {
    const { folder } = await dataset();
    const first = await run({ paths: [folder], frames: 20, seed: 4 });
    expect(first).toMatchObject({ masks: 80, clips: 2, seed: 4, problems: [] });
    expect(first.items).toHaveLength(20);
    expect(first.file).toBe(join(folder, '.masklet', 'audits', `${first.date}-4.json`));
    expect(readFileSync(join(folder, '.masklet', '.gitignore'), 'utf8')).toContain('!audits/**');
    expect(first.report.all.mean).toBeUndefined();
    expect(readFileSync(first.file, 'utf8')).not.toContain('0.9,');

    const store = new Store();
    let result = first;
    for (const item of first.items.keys()) {
      result = answerAudit(
        { file: first.file, item, answer: item === 3 ? 'cannot-tell' : 'accepted' },
        { store },
      );
    }
    const { all, answered, clips } = result.report;
    expect({ answered, clips }).toEqual({ answered: 20, clips: 2 });
    expect(all).toMatchObject({
      accepted: 19,
      leftOut: 1,
      mean: { value: 1, high: 1 },
      below90: { value: 0 },
    });
    // None of 19 of 80: the failures that would be missed once in 40 times.
    expect(all.mean!.low).toBeGreaterThan(0.8);
    expect(all.mean!.low).toBeLessThan(0.9);
    expect(all.bounds!.low).toBeLessThan(all.mean!.low);
    result = answerAudit({ file: first.file, item: 3, answer: null }, { store });
    expect(result.report.answered).toBe(19);

    const more = await run({ paths: [folder], frames: 30 });
    expect(more.file).toBe(first.file);
    expect(more.items.slice(0, 20)).toEqual(result.items);
    expect(more.items).toHaveLength(30);
    const resumed = await run({ paths: [folder] });
    expect(resumed.items).toEqual(more.items);
    const other = await run({ paths: [folder], fresh: true, seed: 5, frames: 20 });
    expect(other.file).not.toBe(first.file);
    expect(other.items.map(({ frame }) => frame)).not.toEqual(first.items.map(({ frame }) => frame));
    expect(listAudits(join(folder, '.masklet'))).toHaveLength(2);
  });

  it('finds with a reference what a full count finds', async () => {
    const { folder } = await dataset();
    // The reference is an export of the same clips with the right masks.
    const right = await datasetFolder();
    for (const name of ['a', 'b']) {
      const masks = Array.from({ length: 20 }, (_, frame) => [
        { object: 'cat', frame, mask: drawn('.......#', '........', '........', '........') },
        { object: 'dog', frame, mask: GOOD },
      ]).flat();
      await annotatedClip(join(right, name), {
        ...{ frames: 20, width: WIDTH, height: HEIGHT, masks },
        objects: [
          { id: 'cat', label: 'cat' },
          { id: 'dog', label: 'dog' },
        ],
      });
    }
    const out = join(right, 'out');
    await exportHere({ paths: [right], format: 'coco', out });
    const reference = { from: join(out, 'annotations', 'instances_train.json'), format: 'coco' as const };
    const { report, problems } = await run({ paths: [folder], frames: 80, seed: 1, reference });
    expect(problems).toEqual([]);
    // All were drawn: what is estimated is what there is.
    const dog = report.labels.find(({ label }) => label === 'dog')!;
    const truth = (16 * 1 + 4 * rleIou(BAD, GOOD)) / 20;
    expect(dog.mean!.value).toBeCloseTo(truth, 6);
    expect(dog.below75!.value).toBeCloseTo(0.2, 6);
    expect(report.labels.find(({ label }) => label === 'cat')!.mean!.value).toBe(0);
    expect(report.all.mean!.high - report.all.mean!.low).toBeLessThan(1e-9);
    expect(report.clipsLikeThese!.low).toBeLessThanOrEqual(report.all.mean!.value);
  });

  it('asks for more until the interval is as narrow as wanted', async () => {
    const { folder } = await dataset();
    const wide = await run({ paths: [folder], frames: 10, seed: 2 });
    const store = new Store();
    for (const item of wide.items.keys())
      answerAudit({ file: wide.file, item, answer: 'accepted' }, { store });
    const narrow = await run({ paths: [folder], width: 0.1 });
    expect(narrow.report.width!.answers).toBeGreaterThan(20);
    expect(narrow.items).toHaveLength(narrow.report.width!.answers);
    for (const item of narrow.items.keys())
      answerAudit({ file: wide.file, item, answer: 'accepted' }, { store });
    const { report } = await run({ paths: [folder], width: 0.1 });
    expect(report.all.mean!.high - report.all.mean!.low).toBeLessThanOrEqual(0.1);
    expect(report.width!.answers).toBe(narrow.items.length);
  });

  it('measures a correction, and leaves out what is no longer what was drawn', async () => {
    const { folder } = await dataset();
    const { file, items } = await run({ paths: [folder], frames: 40, seed: 3 });
    const store = new Store();
    const redraw = async (n: number, mask: RleMask): Promise<void> => {
      const { clip, object, frame, label } = items[n];
      const record: Partial<MaskRecord> & { object: string; frame: number; mask: RleMask } = {
        object,
        frame,
        mask,
      };
      annotate(await infoOf(join(folder, clip)), { objects: [{ id: object, label }], masks: [record] });
    };
    answerAudit({ file, item: 0, answer: 'correcting' }, { store });
    expect(readAudit(file).audit.items[0].before).toBeDefined();
    const wider = drawn('........', '.#####..', '.#####..', '........');
    await redraw(0, wider);
    const { items: after } = answerAudit({ file, item: 0, answer: 'corrected' }, { store });
    const was = items[0].object === 'dog' && items[0].frame % 5 === 0 ? BAD : GOOD;
    expect(after[0]).toMatchObject({ answer: 'corrected', iou: Number(rleIou(was, wider).toFixed(6)) });
    expect(after[0].before).toBeUndefined();
    await redraw(1, wider);
    expect(answerAudit({ file, item: 1, answer: 'accepted' }, { store }).items[1].answer).toBe('changed');
    expect(() => answerAudit({ file, item: 2, answer: 'corrected' }, { store })).toThrow(
      'going to be corrected',
    );
    expect(() => answerAudit({ file, item: 4000, answer: 'accepted' }, { store })).toThrow('no item 4000');
  });

  it('of two people on two branches becomes one, with what they disagree on asked again', async () => {
    const { folder } = await dataset();
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
        cwd: folder,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    const { file } = await run({ paths: [folder], frames: 12, seed: 6 });
    const store = new Store();
    git('init', '-q', '-b', 'main');
    git('add', '-A');
    expect(git('ls-files')).toContain('.masklet/audits/');
    git('commit', '-qm', 'drawn');
    git('checkout', '-qb', 'other');
    for (const item of [0, 2, 4, 5]) answerAudit({ file, item, answer: 'accepted' }, { store });
    git('commit', '-qam', 'theirs');
    git('checkout', '-q', 'main');
    for (const item of [1, 3, 4]) answerAudit({ file, item, answer: 'accepted' }, { store });
    answerAudit({ file, item: 5, answer: 'cannot-tell' }, { store });
    git('commit', '-qam', 'ours');
    expect(() => git('merge', '-q', 'other')).toThrow();
    const merged = await run({ paths: [folder] });
    expect(merged.items.slice(0, 7).map(({ answer }) => answer)).toEqual([
      ...Array<string>(5).fill('accepted'),
      undefined,
      undefined,
    ]);
    expect(merged.problems).toHaveLength(1);
    expect(merged.problems[0]).toContain('answered differently');
    expect(readFileSync(file, 'utf8')).not.toContain('<<<<<<<');
  });

  it('of nothing, of two datasets, of a broken file and with wrong numbers is refused clearly', async () => {
    const empty = await datasetFolder();
    await expect(run({ paths: [empty] })).rejects.toThrow('contains no annotated video');
    await annotatedClip(join(empty, 'clip'), {
      ...{ frames: 2, width: WIDTH, height: HEIGHT, masks: [] },
      objects: [{ id: 'cat' }],
    });
    await expect(run({ paths: [empty] })).rejects.toThrow('no masks to audit');
    const { folder } = await dataset(2);
    await expect(run({ paths: [folder, empty] })).rejects.toThrow('belong to 2 datasets');
    await expect(run({ paths: [folder], frames: 0 })).rejects.toThrow('not a number of masks');
    await expect(run({ paths: [folder], width: 2 })).rejects.toThrow('not the width');
    const { file } = await run({ paths: [folder], seed: 1 });
    await appendFile(file, 'x');
    await expect(run({ paths: [folder] })).rejects.toThrow('not an audit that can be read');
    writeFileSync(file, JSON.stringify({ schema: 99 }));
    await expect(run({ paths: [folder] })).rejects.toThrow('newer Masklet');
  });
});

describe('the score on gold masks', () => {
  const provenance = { model: 'm', modelSha256: 's', revision: 'r', direction: 'forward' as const };
  const gold = (j: number, f: number): Partial<MaskRecord> => ({
    gold: { measured: { j, f, mask: BAD, iou: 0.5, objectScore: null, state: 'propagated', provenance } },
  });

  async function scored(): Promise<string> {
    const folder = await datasetFolder();
    await annotatedClip(join(folder, 'a'), {
      ...{ frames: 4, width: WIDTH, height: HEIGHT },
      objects: [{ id: 'cat', label: 'cat' }, { id: 'dog' }],
      masks: [
        { object: 'cat', frame: 1, mask: GOOD, ...gold(0.9, 0.7) },
        { object: 'cat', frame: 2, mask: GOOD, ...gold(0.5, 0.5) },
        { object: 'cat', frame: 3, mask: GOOD, gold: {} },
        { object: 'dog', frame: 1, mask: GOOD },
      ],
    });
    return folder;
  }

  const score = (folder: string, revisions = 0) =>
    scoreClips({ paths: [folder], revisions }, { store: new Store(), signal: new AbortController().signal });

  it('is the mean over frames, then objects, and check counts what is not measured', async () => {
    const folder = await scored();
    const { clips, score: mean } = await score(folder);
    expect(clips[0].objects).toHaveLength(1);
    expect(clips[0].objects[0]).toMatchObject({ object: 'cat', gold: 3, measured: 2, outdated: 2 });
    expect(mean!.j).toBeCloseTo(0.7, 9);
    expect(mean!.f).toBeCloseTo(0.6, 9);
    expect(mean!.jf).toBeCloseTo(0.65, 9);
    const checked = await checkClips({ paths: [folder] }, new AbortController().signal);
    expect(checked.clips[0]).toMatchObject({ gold: 3, unmeasured: 3 });
    expect(checked.clips[0].jf).toBeCloseTo(0.65, 9);
  });

  it('has a trend over the commits, and none without git', async () => {
    const folder = await scored();
    expect((await score(folder, 5)).clips[0].trend).toEqual([]);
    const git = (...args: string[]): void =>
      void execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
        cwd: folder,
      });
    git('init', '-q');
    git('add', '-A');
    git('commit', '-qm', 'first');
    annotate(await infoOf(join(folder, 'a')), {
      objects: [{ id: 'cat', label: 'cat' }],
      masks: [{ object: 'cat', frame: 2, mask: GOOD, ...gold(0.9, 0.7) }],
    });
    git('commit', '-qam', 'second');
    const { trend } = (await score(folder, 5)).clips[0];
    expect(trend.map(({ subject, score }) => [subject, Number(score!.jf.toFixed(3))])).toEqual([
      ['first', 0.65],
      ['second', 0.8],
    ]);
  });

  it('is not given where the video is another one now', async () => {
    const folder = await datasetFolder();
    const path = join(folder, 'clip.mp4');
    await mkdir(join(folder, 'pictures'));
    const video = await infoOf(
      await annotatedClip(join(folder, 'pictures'), {
        ...{ frames: 4, width: WIDTH, height: HEIGHT, objects: [], masks: [] },
      }),
    );
    writeFileSync(path, 'a video');
    annotate(
      { ...video, path, kind: 'file', byteSize: 7 },
      { objects: [{ id: 'cat' }], masks: [{ object: 'cat', frame: 1, mask: GOOD, ...gold(0.9, 0.7) }] },
    );
    expect((await score(path)).score!.jf).toBeCloseTo(0.8, 9);
    writeFileSync(path, 'another video');
    const { clips, score: none } = await score(path);
    expect(none).toBeUndefined();
    expect(clips[0].problems[0]).toContain('is not the video that was annotated');
    expect(clips[0].problems[0]).toContain('gold masks were drawn on the other one');
  });
});
