import { execFileSync } from 'node:child_process';
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { CheckResult, ClipReview, ClipSummary } from '../../shared/protocol/dataset';
import type { Note } from '../../shared/domain/review';
import { passes, progressOf } from '../../extension/dataset/clipTree';
import { mergeFile } from '../../kernel/storage/sidecar/mergeFile';
import { formatNotes, parseNotes } from '../../kernel/notes/parseNotes';
import { EXIT } from '../../shared/protocol/exitCodes';
import { cliJson } from '../support/cli';
import { annotatedClip, datasetFolder, drawn, imageClip } from '../support/datasetFixture';
import { startKernel } from '../support/kernel';

let root: string;
let clip: string;
beforeEach(async () => {
  root = await datasetFolder();
  clip = await annotatedClip(join(root, 'pond'), {
    frames: 3,
    width: 4,
    height: 3,
    objects: [{ id: 'a', label: 'koi' }],
    masks: [{ object: 'a', frame: 0, mask: drawn('....', '.##.', '....') }],
  });
  execFileSync('git', ['init', '-q', root]);
  for (const [name, value] of [
    ['user.name', 'Ada Ölmez'],
    ['user.email', 'ada@example.org'],
  ])
    execFileSync('git', ['-C', root, 'config', name, value]);
});

const notesFile = (): string => join(`${clip}.masklet`, 'notes.jsonl');
const reviewOf = (json: unknown): ClipReview => json as ClipReview;

test('notes are written in the name of git, listed, resolved, opened again and removed', async () => {
  const about = ['--frames', '1:2', '--object', 'a'];
  const added = await cliJson(['notes', clip, '--add', ' the fin is cut off ', ...about]);
  expect(added.code, added.stderr).toBe(EXIT.ok);
  const [note] = reviewOf(added.json).notes;
  expect(note).toMatchObject({
    text: 'the fin is cut off',
    author: 'Ada Ölmez <ada@example.org>',
    range: { first: 1, last: 2 },
    object: 'a',
    resolved: false,
  });
  await cliJson(['notes', clip, '--add', 'all fine otherwise']);
  const resolved = await cliJson(['notes', clip, '--resolve', note.id]);
  expect(reviewOf(resolved.json).notes.map((one) => one.resolved)).toEqual([true, false]);
  await cliJson(['notes', clip, '--reopen', note.id]);
  const removed = await cliJson(['notes', clip, '--remove', note.id]);
  expect(reviewOf(removed.json).notes.map(({ text }) => text)).toEqual(['all fine otherwise']);
  const unknown = await cliJson(['notes', clip, '--resolve', 'nobody']);
  expect(unknown.code).toBe(EXIT.input);
  // A clip that nobody saved has no place for notes.
  const bare = join(root, 'bare');
  await imageClip(bare, { frames: 1, width: 4, height: 3 });
  const refused = await cliJson(['notes', bare, '--add', 'x']);
  expect(refused.json).toMatchObject({
    error: { message: expect.stringMatching(/no saved annotations/) as string },
  });
});

test('a review state lies in video.json, survives saving, and shows with open notes in check, view and filters', async () => {
  const set = await cliJson(['review', root, '--to', 'to-fix']);
  expect(set.json).toEqual({ changed: [clip] });
  expect((await cliJson(['review', root, '--to', 'to-fix'])).json).toEqual({ changed: [] });
  expect((await cliJson(['review', root, '--to', 'done'])).code).toBe(EXIT.input);
  const { kernel } = startKernel();
  const session = await kernel.open({ path: clip });
  const file = join(`${clip}.masklet`, 'video.json');
  const before = await readFile(file, 'utf8');
  await session.request('object/update', { object: 'a', label: 'carp' });
  await session.request('session/save', {});
  await session.close();
  // Where a save would put it: nothing moves.
  expect(await readFile(file, 'utf8')).toBe(before);

  await cliJson(['notes', clip, '--add', 'look again']);
  const { clips } = (await cliJson(['check', root])).json as CheckResult;
  expect(clips).toMatchObject([{ review: 'to-fix', openNotes: 1, problems: [] }]);
  const [summary] = (await kernel.request('dataset/summary', { root })).clips.filter(
    ({ path }) => path === clip,
  );
  expect(progressOf(summary)).toMatch(/to fix · 1 note/);
  const shows = (kind: 'open-notes' | 'review', one: ClipSummary): boolean =>
    passes(one, kind === 'review' ? { kind, name: 'to-fix' } : { kind });
  expect([shows('review', summary), shows('open-notes', summary)]).toEqual([true, true]);
  await cliJson(['review', clip, '--to', 'none']);
  expect(await readFile(file, 'utf8')).not.toContain('review');
  const [after] = (await kernel.request('dataset/summary', { root })).clips.filter(
    ({ path }) => path === clip,
  );
  expect(passes(after, { kind: 'review', name: 'to-fix' })).toBe(false);
});

test('lines that are no notes are named, stay as they are, and keep nothing else from being read', async () => {
  await cliJson(['notes', clip, '--add', 'first']);
  const good = await readFile(notesFile(), 'utf8');
  const bad = [
    'no JSON',
    '{"id":"../x","text":"x","author":"","at":"2026-01-01T00:00:00.000Z","resolved":false}',
    '{"id":"b","text":"","author":"","at":"2026-01-01T00:00:00.000Z","resolved":false}',
    '{"id":"c","text":"x","author":"","at":"2026-01-01T00:00:00.000Z","resolved":false,"first":3,"last":1}',
    '{"id":"d","text":"x","author":"","at":"yesterday","resolved":false}',
  ];
  await appendFile(notesFile(), `${bad.join('\n')}\n`);
  const listed = reviewOf((await cliJson(['notes', clip])).json);
  expect(listed.notes).toHaveLength(1);
  expect(listed.problems.map(({ line }) => line)).toEqual([2, 3, 4, 5, 6]);
  await cliJson(['notes', clip, '--add', 'second']);
  const text = await readFile(notesFile(), 'utf8');
  for (const line of [...bad, good.trim()]) expect(text).toContain(line);
  const { clips } = (await cliJson(['check', clip])).json as CheckResult;
  expect(clips[0].problems).toHaveLength(5);
  // What a newer version wrote about a note stays with it.
  await writeFile(notesFile(), good.replace('}', ',"emoji":"x"}'));
  const [{ id }] = reviewOf((await cliJson(['notes', clip])).json).notes;
  await cliJson(['notes', clip, '--resolve', id]);
  expect(await readFile(notesFile(), 'utf8')).toContain('"resolved":true,"emoji":"x"');
  await rm(notesFile());
});

test('notes of two sides merge: both are kept, and of one note each field', () => {
  const note = (id: string, change: Partial<Note> = {}): Note => ({
    id,
    text: 'x',
    author: 'a',
    at: `2026-01-0${(id.charCodeAt(0) % 9) + 1}T00:00:00.000Z`,
    resolved: false,
    ...change,
  });
  const textOf = (...notes: Note[]): Buffer =>
    Buffer.from(formatNotes({ lines: notes.map((one) => ({ note: one, extra: {} })), broken: [] }));
  const base = textOf(note('a'), note('b'), note('c'));
  const ours = textOf(note('a', { resolved: true }), note('c'), note('d'));
  const theirs = textOf(note('a', { text: 'y' }), note('b'), note('e'));
  const { content, conflicts } = mergeFile('notes.jsonl', { base, ours, theirs });
  expect(conflicts).toEqual([]);
  const merged = parseNotes(content.toString(), 'notes.jsonl');
  expect(merged.problems).toEqual([]);
  expect(Object.fromEntries(merged.lines.map(({ note: one }) => [one.id, [one.text, one.resolved]]))).toEqual(
    {
      a: ['y', true],
      d: ['x', false],
      e: ['x', false],
    },
  );
  const two = mergeFile('notes.jsonl', {
    base,
    ours: textOf(note('a', { text: 'mine' })),
    theirs: textOf(note('a', { text: 'yours' })),
  });
  expect(two.conflicts).toEqual([{ key: 'a', kind: 'changed' }]);
  const both = parseNotes(two.content.toString(), 'notes.jsonl');
  expect(both.lines.map(({ note: one }) => one.text)).toEqual(['mine']);
  expect(both.broken.join()).toContain('yours');
});
