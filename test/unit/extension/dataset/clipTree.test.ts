import { describe, expect, test } from 'vitest';
import {
  clipTree,
  folderProgressOf,
  namesIn,
  passes,
  progressOf,
  stageOf,
  type ClipFilter,
  type ClipOrder,
  type TreeNode,
} from '../../../../extension/dataset/clipTree';
import type { ClipSummary } from '../../../../shared/protocol/dataset';

const clip = (path: string, more: Partial<ClipSummary> = {}): ClipSummary => ({
  path,
  state: 'read',
  frames: 100,
  annotated: 0,
  verified: 0,
  suspicious: 0,
  stale: 0,
  labels: [],
  masks: 0,
  unsaved: false,
  problems: [],
  changed: 0,
  ...more,
});
const labelled = (...labels: string[]): ClipSummary['labels'] =>
  labels.map((label) => ({ label, objects: 1 }));

const CLIPS = [
  clip('/w/a.mp4', { annotated: 100, verified: 100, labels: labelled('koi'), changed: 3, split: 'train' }),
  clip('/w/day/b.mp4', {
    annotated: 50,
    suspicious: 4,
    labels: labelled('frog', 'koi'),
    changed: 9,
    stale: 2,
  }),
  clip('/w/day/night/c.mp4', {
    annotated: 80,
    verified: 20,
    suspicious: 7,
    labels: labelled('frog'),
    unsaved: true,
  }),
  clip('/w/d.mp4', { state: 'none', frames: 0 }),
];

function shape(node: TreeNode): unknown {
  return node.kind === 'clip' ? node.name : { [node.name]: node.children.map(shape) };
}

function tree(filter: ClipFilter = { kind: 'all' }, order: ClipOrder = 'name'): unknown {
  return shape(clipTree('/w', 'w', CLIPS, filter, order, '/'));
}

describe('the tree of clips', () => {
  test('folders first, then clips; folders without a clip to show are left out', () => {
    expect(tree()).toEqual({ w: [{ day: [{ night: ['c.mp4'] }, 'b.mp4'] }, 'a.mp4', 'd.mp4'] });
    expect(tree({ kind: 'label', name: 'koi' })).toEqual({ w: [{ day: ['b.mp4'] }, 'a.mp4'] });
    expect(tree({ kind: 'stale' })).toEqual({ w: [{ day: ['b.mp4'] }] });
  });

  test.each<[ClipFilter, string[]]>([
    [{ kind: 'annotated' }, ['a', 'b', 'c']],
    [{ kind: 'not-annotated' }, ['d']],
    [{ kind: 'unfinished' }, ['b', 'c', 'd']],
    [{ kind: 'unverified' }, ['b', 'c']],
    [{ kind: 'suspicious' }, ['b', 'c']],
    [{ kind: 'unsaved' }, ['c']],
    [{ kind: 'problems' }, []],
    [{ kind: 'no-split' }, ['b', 'c', 'd']],
    [{ kind: 'split', name: 'train' }, ['a']],
  ])('filter %j', (filter, names) => {
    const shown = CLIPS.filter((one) => passes(one, filter)).map(({ path }) => /(\w)\.mp4$/.exec(path)![1]);
    expect(shown).toEqual(names);
  });

  test.each<[ClipOrder, string[]]>([
    ['name', ['a', 'b', 'c', 'd']],
    ['least-annotated', ['d', 'b', 'c', 'a']],
    ['least-verified', ['b', 'd', 'c', 'a']],
    ['most-suspicious', ['c', 'b', 'a', 'd']],
    ['changed-last', ['b', 'a', 'c', 'd']],
  ])('order %s', (order, names) => {
    const flat = CLIPS.map((one) => ({ ...one, path: one.path.replace(/.*\//, '/w/') }));
    const { children } = clipTree('/w', 'w', flat, { kind: 'all' }, order, '/');
    expect(children.map(({ name }) => name.replace('.mp4', ''))).toEqual(names);
  });

  test('a folder of images that holds other clips, or is the root, is a row of its own', () => {
    const clips = [clip('/w'), clip('/w/frames'), clip('/w/frames/a.mp4')];
    const root = clipTree('/w', 'w', clips, { kind: 'all' }, 'name', '/');
    expect(shape(root)).toEqual({ w: [{ frames: ['a.mp4'] }, 'w', 'frames'] });
    const ids = [root, ...root.children].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('ids stay the same, so that a refresh keeps what is open and selected', () => {
    const { children } = clipTree('/w', 'w', CLIPS, { kind: 'all' }, 'name', '/');
    expect(children.map(({ id }) => id)).toEqual(['/w/day', '/w/a.mp4', '/w/d.mp4']);
    expect(shape(clipTree('C:\\w', 'w', [clip('C:\\w\\day\\b.mp4')], { kind: 'all' }, 'name', '\\'))).toEqual(
      {
        w: [{ day: ['b.mp4'] }],
      },
    );
  });
});

describe('how far a clip is, in words', () => {
  test('names what is there and leaves out what is not', () => {
    expect(CLIPS.map(progressOf)).toEqual([
      '100/100 · 100 verified · train',
      '50/100 · 4 suspicious · 2 stale',
      '80/100 · 20 verified · 7 suspicious · unsaved',
      'not annotated',
    ]);
    const reading = clip('/w/e.mp4', { state: 'reading', annotated: 3, labels: labelled('koi') });
    expect(progressOf(reading)).toBe('3/100 · ...');
    expect(progressOf(clip('/w/f.mp4', { problems: ['line 3 is broken'] }))).toBe('0/100 · has problems');
  });

  test('stages and sums', () => {
    expect(CLIPS.map(stageOf)).toEqual(['verified', 'begun', 'begun', 'none']);
    expect(stageOf(clip('/w/e.mp4', { annotated: 100 }))).toBe('annotated');
    expect(stageOf(clip('/w/e.mp4', { annotated: 100, problems: ['?'] }))).toBe('problem');
    expect(folderProgressOf(CLIPS)).toBe('4 clips · 3 opened · 76 % annotated · 40 % verified');
    expect(folderProgressOf([CLIPS[3]])).toBe('1 clip');
    expect(namesIn(CLIPS)).toEqual({ labels: ['frog', 'koi'], splits: ['train'] });
  });
});
