/** What a sidecar changed since a commit, with real git and the real kernel. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeRle } from '../../kernel/masks/rle';
import type { CompareResult } from '../../shared/protocol/revisions';
import type { RleMask } from '../../shared/domain/annotations';
import { cliJson, startCli } from '../support/cli';
import { startKernel } from '../support/kernel';
import { Repository } from '../support/repository';
import { markOf, maskOf, object, promptOf, temporaryFolder } from '../support/storageFixture';

/** The same pixel by pixel. */
function iouByPixels(a: RleMask, b: RleMask): number {
  const [pixelsA, pixelsB] = [decodeRle(a), decodeRle(b)];
  let [both, either] = [0, 0];
  pixelsA.forEach((value, index) => {
    both += value & pixelsB[index];
    either += value | pixelsB[index];
  });
  return either === 0 ? 1 : both / either;
}

/** A repository whose working copy changed in every way there is since its last commit. */
function changed(): { repository: Repository; video: string } {
  const repository = new Repository();
  repository.annotate({
    putObjects: [object('aa', { label: 'koi' }), object('bb'), object('dd')],
    putPrompts: [promptOf('aa', 1), promptOf('bb', 2)],
    putMarks: [markOf('aa', 5, 6)],
    putMasks: [1, 2, 3, 4].map((frame) => maskOf('aa', frame)).concat([maskOf('bb', 2)]),
  });
  const { store, clip } = repository.open();
  store.apply(clip, {
    putObjects: [object('aa', { label: 'carp' }), object('cc')],
    removeObjects: ['bb'],
    putPrompts: [promptOf('aa', 1, 5.5), promptOf('cc', 1)],
    removeMarks: [markOf('aa', 5, 6)],
    putMasks: [
      maskOf('aa', 2, 0, { mask: maskOf('aa', 2, 5).mask }),
      maskOf('aa', 3, 0, { verified: true }),
      maskOf('cc', 1),
    ],
    removeMasks: [{ object: 'aa', frame: 4 }],
  });
  store.save(clip);
  store.close(clip);
  return { repository, video: join(repository.folder, 'clip.mp4') };
}

describe('sidecar/compare', () => {
  it('finds what was added, removed, changed and verified, and how much of a mask is the same', async () => {
    const { video, repository } = changed();
    const { kernel } = startKernel();
    const result = await kernel.request('sidecar/compare', { path: video });
    expect(result).toMatchObject({
      path: video,
      revision: { commit: repository.git('rev-parse', 'HEAD').trim(), subject: 'annotate', author: 'Test' },
      width: 16,
      height: 12,
      frameCount: 40,
      problems: [],
      counts: {
        objects: { added: 1, removed: 1, changed: 1, status: 0, same: 1 },
        masks: { added: 1, removed: 2, changed: 1, status: 1, same: 1 },
        prompts: { added: 1, removed: 1, changed: 1, status: 0, same: 0 },
        marks: { added: 0, removed: 1, changed: 0, status: 0, same: 0 },
      },
    });
    const iou = iouByPixels(maskOf('aa', 2).mask, maskOf('aa', 2, 5).mask);
    expect(result.objects).toMatchObject([
      {
        object: 'aa',
        label: 'carp',
        labelBefore: 'koi',
        kind: 'changed',
        masks: [
          { frame: 2, kind: 'changed', iou },
          { frame: 3, kind: 'status', iou: 1 },
          { frame: 4, kind: 'removed', iou: 0 },
        ],
      },
      { object: 'bb', kind: 'removed', masks: [{ frame: 2, kind: 'removed' }] },
      { object: 'cc', kind: 'added', masks: [{ frame: 1, kind: 'added' }] },
      { object: 'dd', kind: 'same', masks: [] },
    ]);
    const { commit } = result.revision;
    const frame = (n: number): Promise<unknown> =>
      kernel.request('sidecar/compareFrame', { path: video, commit, frame: n });
    expect(await frame(2)).toMatchObject([
      { object: 'aa', before: { mask: maskOf('aa', 2).mask }, after: { mask: maskOf('aa', 2, 5).mask } },
      { object: 'bb', before: { mask: maskOf('bb', 2).mask } },
    ]);
    expect(await frame(4)).toMatchObject([{ object: 'aa', before: { area: maskOf('aa', 4).area } }]);
    expect(await frame(30)).toEqual([]);
  });

  it('takes any revision, and lists those that changed the sidecar', async () => {
    const { repository, video } = changed();
    repository.commit('second');
    writeFileSync(join(repository.folder, 'other'), '');
    repository.commit('of something else');
    const { kernel } = startKernel();
    const revisions = await kernel.request('sidecar/revisions', { path: video });
    expect(revisions.map(({ subject }) => subject)).toEqual(['second', 'annotate']);
    expect(Date.parse(revisions[0].date)).not.toBeNaN();
    const since = async (revision: string): Promise<CompareResult> =>
      await kernel.request('sidecar/compare', { path: video, revision });
    expect((await since('HEAD')).counts.masks).toMatchObject({ changed: 0, same: 4 });
    expect((await since(revisions[1].commit)).counts.masks).toMatchObject({ changed: 1, removed: 2 });
    // The first commit has the video alone.
    expect((await since('HEAD~3')).counts.masks).toMatchObject({ added: 4, same: 0 });
  });

  it('shows everything as removed where the sidecar has gone, and as added where it is new', async () => {
    const { repository, video } = changed();
    const { kernel } = startKernel();
    rmSync(`${video}.masklet`, { recursive: true });
    expect((await kernel.request('sidecar/compare', { path: video })).counts.masks).toMatchObject({
      removed: 5,
      added: 0,
      same: 0,
    });
    await expect(
      kernel.request('sidecar/compare', { path: join(repository.folder, 'other.mp4') }),
    ).rejects.toMatchObject({ code: 'input/invalid' });
  });

  it('reports broken lines of either version, and compares the rest', async () => {
    const { repository, video } = changed();
    const marks = join(`${video}.masklet`, 'marks.jsonl');
    writeFileSync(marks, '{"object": "aa"\n');
    repository.commit('broken');
    writeFileSync(marks, 'also broken\n');
    const { kernel } = startKernel();
    const { problems, counts } = await kernel.request('sidecar/compare', { path: video });
    expect(problems.map(({ code, line }) => [code, line])).toEqual([
      ['sidecar/broken-line', 1],
      ['sidecar/broken-line', 1],
    ]);
    expect(counts.masks).toMatchObject({ same: 4, changed: 0 });
  });

  it('refuses what is no revision, and what could be an option', async () => {
    const { video } = changed();
    const { kernel } = startKernel();
    for (const revision of ['nowhere', '--output=x', '', 'HEAD:clip.mp4']) {
      await expect(kernel.request('sidecar/compare', { path: video, revision })).rejects.toMatchObject({
        code: 'input/invalid',
      });
    }
  });

  it('takes names literally, and looks below a folder of any name', async () => {
    const repository = new Repository();
    const folder = join(repository.folder, 'a [b] *');
    mkdirSync(join(folder, ':(top)clip.mp4.masklet', 'objects'), { recursive: true });
    const video = join(folder, ':(top)clip.mp4');
    const fields = { width: 4, height: 4, frameCount: 2 };
    writeFileSync(join(`${video}.masklet`, 'video.json'), JSON.stringify(fields));
    writeFileSync(
      join(`${video}.masklet`, 'objects', 'aa.json'),
      '{"label":"x","color":"#112233","attributes":{}}\n',
    );
    repository.commit('odd');
    const { kernel } = startKernel();
    const { counts } = await kernel.request('sidecar/compare', { path: video });
    expect(counts.objects).toMatchObject({ same: 1, added: 0 });
    expect(await kernel.request('sidecar/revisions', { path: video })).toHaveLength(1);
  });
});

describe('masklet diff', () => {
  it('says what changed, in words and as JSON', async () => {
    const { video, repository } = changed();
    const { stdout, code } = await startCli(['diff', video]).finished;
    expect(code).toBe(0);
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      `clip.mp4.masklet: ${repository.git('rev-parse', 'HEAD').slice(0, 8)} "annotate" -> working copy`,
      '  koi -> carp [aa] (changed)',
      expect.stringMatching(
        /^ {4}masks {4}1 changed, 1 removed, 1 with the same pixels and another state, lowest IoU 0\.\d{3} on frame 2$/,
      ),
    ]);
    const { json } = await cliJson(['diff', video, 'HEAD']);
    expect(json).toMatchObject({ counts: { masks: { removed: 2 } } });
    repository.commit('all of it');
    expect((await startCli(['diff', video]).finished).stdout).toContain('no changes');
  });

  it('says so where there is no repository or no such revision', async () => {
    const outside = join(temporaryFolder(), 'clip.mp4');
    const env = { GIT_CEILING_DIRECTORIES: join(outside, '..', '..') };
    const alone = await cliJson(['diff', outside], { env });
    expect(alone.code).toBe(3);
    expect(alone.json).toMatchObject({
      error: { message: expect.stringContaining('not in a git repository') as string },
    });
    const { video } = changed();
    expect((await cliJson(['diff', video, 'nowhere'])).code).toBe(3);
  });
});
