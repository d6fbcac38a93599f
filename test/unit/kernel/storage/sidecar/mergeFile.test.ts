import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineFile } from '../../../../../kernel/storage/sidecar/layout';
import {
  mergeFile,
  type MergedFile,
  type MergeOptions,
} from '../../../../../kernel/storage/sidecar/mergeFile';
import { parseFile, type ParsedFile } from '../../../../../kernel/storage/sidecar/parseFile';
import { formatRow } from '../../../../../kernel/storage/sidecar/records';
import { parseVideoJson } from '../../../../../kernel/storage/sidecar/videoJson';
import { FRAMES, HEIGHT, WIDTH, maskOf } from '../../../../support/storageFixture';

const MASKS = 'masks/aa.jsonl';
const context = { width: WIDTH, height: HEIGHT, frameCount: FRAMES, hasObject: () => true };

function merge(
  file: string,
  base: string,
  ours: string,
  theirs: string,
  options?: MergeOptions,
): MergedFile & { text: string } {
  const bytes = { base: Buffer.from(base), ours: Buffer.from(ours), theirs: Buffer.from(theirs) };
  const merged = mergeFile(file, bytes, options);
  return { ...merged, text: merged.content.toString('utf8') };
}

const parsed = (file: string, text: string): ParsedFile => parseFile(file, text, context);
const line = (frame: number, seed: number, overrides = {}): string =>
  formatRow({ kind: 'mask', record: maskOf('aa', frame, seed, overrides) });
const file = (...lines: string[]): string => lines.map((text) => `${text}\n`).join('');

/** Frame -> seed of its mask: a file of masks. */
type Model = ReadonlyMap<number, number>;
const textOf = (model: Model): string =>
  file(...[...model].sort(([a], [b]) => a - b).map(([frame, seed]) => line(frame, seed)));

const edits = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 9 }), fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined })),
  { maxLength: 8 },
);
const model = fc
  .uniqueArray(fc.integer({ min: 0, max: 9 }), { maxLength: 8 })
  .map((frames) => new Map(frames.map((frame) => [frame, 9])));

function edited(base: Model, changes: readonly (readonly [number, number | undefined])[]): Model {
  const result = new Map(base);
  for (const [frame, seed] of changes) {
    if (seed === undefined) result.delete(frame);
    else result.set(frame, seed);
  }
  return result;
}

describe('merging a file of masks', () => {
  it('takes what one side changed, keeps what both changed, and loses nothing', () => {
    fc.assert(
      fc.property(model, edits, edits, (base, ourEdits, theirEdits) => {
        const [ours, theirs] = [edited(base, ourEdits), edited(base, theirEdits)];
        const { text, conflicts } = merge(MASKS, textOf(base), textOf(ours), textOf(theirs));
        const result = parsed(MASKS, text);
        expect(result.broken).toEqual([]);
        for (let frame = 0; frame < 10; frame++) {
          const [b, o, t] = [base, ours, theirs].map((side) => side.get(frame));
          const clash = o !== t && o !== b && t !== b;
          const wanted = clash ? [o, t] : [o === b ? t : o];
          expect((result.rows.get(`aa/${frame}`) ?? []).map((version) => version.line)).toEqual(
            wanted.filter((seed) => seed !== undefined).map((seed) => line(frame, seed)),
          );
          expect(conflicts.filter(({ key }) => key === `aa/${frame}`)).toEqual(
            clash
              ? [{ key: `aa/${frame}`, kind: o === undefined || t === undefined ? 'removed' : 'changed' }]
              : [],
          );
        }
        // Whoever opens it is told of every conflict: by two versions of a row, or by git's markers.
        expect(result.markers.length > 0).toBe(conflicts.some(({ kind }) => kind === 'removed'));
      }),
      { numRuns: 500 },
    );
  });

  it('says the same whichever side is ours, and has nothing to add to what it made', () => {
    fc.assert(
      fc.property(model, edits, edits, (base, ourEdits, theirEdits) => {
        const [b, o, t] = [base, edited(base, ourEdits), edited(base, theirEdits)].map(textOf);
        const there = merge(MASKS, b, o, t);
        const back = merge(MASKS, b, t, o);
        expect(back.conflicts).toEqual(
          expect.arrayContaining(there.conflicts as MergedFile['conflicts'][number][]),
        );
        expect(back.conflicts).toHaveLength(there.conflicts.length);
        const again = merge(MASKS, b, there.text, there.text);
        expect([...parsed(MASKS, again.text).rows.keys()]).toEqual([
          ...parsed(MASKS, there.text).rows.keys(),
        ]);
        expect(again.conflicts).toEqual([]);
      }),
    );
  });

  it('keeps one of two masks that propagation would make again, where asked to, and of no others', () => {
    const base = file(line(1, 0), line(2, 0), line(3, 0));
    const edit = { state: 'edited' };
    const ours = file(line(1, 1), line(2, 1, { verified: true }), line(3, 1, edit));
    const theirs = file(line(1, 2), line(2, 2), line(3, 2));
    const { text, conflicts } = merge(MASKS, base, ours, theirs, { propagated: 'theirs' });
    expect(conflicts.map(({ key }) => key)).toEqual(['aa/2', 'aa/3']);
    expect(text).toBe(
      file(line(1, 2), line(2, 1, { verified: true }), line(2, 2), line(3, 1, edit), line(3, 2)),
    );
    expect(merge(MASKS, base, ours, theirs).conflicts).toHaveLength(3);
  });

  it('takes over a conflict that one side has resolved', () => {
    const unresolved = file(line(1, 1), line(1, 2));
    const { text, conflicts } = merge(MASKS, unresolved, file(line(1, 2)), unresolved);
    expect(text).toBe(file(line(1, 2)));
    expect(conflicts).toEqual([]);
  });

  it('keeps broken lines of either side, but for those that one side mended', () => {
    const base = file(line(1, 1), '{"frame": 2', 'old');
    const ours = file(line(1, 1), line(2, 1), 'old', 'ours');
    const theirs = file(line(1, 1), '{"frame": 2', 'theirs');
    const { text } = merge(MASKS, base, ours, theirs);
    expect(text).toBe(file(line(1, 1), line(2, 1), 'ours', 'theirs'));
  });

  it('keeps carriage returns that are no part of a line end', () => {
    const ours = file('{"frame": 2\r\r', '{"frame": 3');
    const { text } = merge(MASKS, '', ours, file(line(1, 1)).replaceAll('\n', '\r\n'));
    expect(text).toBe(file(line(1, 1), '{"frame": 2\r\r', '{"frame": 3'));
    expect(merge(MASKS, text, text, text).text).toBe(text);
    expect(merge('video.json', '', '{\r\r\n', '[\r\n').text).toContain('\n{\r\r\n=======\n[\n');
  });

  it('lets bytes through that are no UTF-8', () => {
    const bad = Buffer.concat([
      Buffer.from('{"frame":5,"note":"'),
      Buffer.from([0xff, 0xe9]),
      Buffer.from('"}\n'),
    ]);
    const { content } = mergeFile(MASKS, {
      base: Buffer.alloc(0),
      ours: bad,
      theirs: Buffer.from(file(line(6, 1))),
    });
    expect(content.includes(bad)).toBe(true);
    expect(content.toString('latin1')).toContain(line(6, 1));
  });

  it('reads Windows line ends, a byte order mark and conflict markers', () => {
    const theirs = `\uFEFF<<<<<<< HEAD\r\n${line(1, 1)}\r\n=======\r\n${line(1, 2)}\r\n>>>>>>> x\r\n`;
    const { text, conflicts } = merge(MASKS, '', file(line(2, 1)), theirs);
    expect(text).toBe(file(line(1, 1), line(1, 2), line(2, 1)));
    expect(conflicts).toEqual([]);
  });

  it('leaves alone what is not a sidecar file', () => {
    expect(() => merge('notes.txt', '', 'a', 'b')).toThrow(/notes\.txt is not a sidecar file/);
    expect(lineFile('notes.txt')).toBeUndefined();
  });
});

describe('merging prompts and marks', () => {
  it('goes by object and frame, and by object, kind and range', () => {
    const prompt = (object: string, frame: number, x: number): string =>
      JSON.stringify({ object, frame, points: [[x, 1, 1]] });
    const { text, conflicts } = merge(
      'prompts.jsonl',
      file(prompt('aa', 1, 1), prompt('bb', 1, 1)),
      file(prompt('aa', 1, 2), prompt('bb', 1, 1), prompt('bb', 3, 1)),
      file(prompt('aa', 1, 1), prompt('bb', 1, 2), prompt('aa', 2, 1)),
    );
    expect(conflicts).toEqual([]);
    expect(text).toBe(file(prompt('aa', 1, 2), prompt('aa', 2, 1), prompt('bb', 1, 2), prompt('bb', 3, 1)));
    const mark = (kind: string, first: number, last: number): string =>
      JSON.stringify({ object: 'aa', kind, first, last });
    const marks = merge('marks.jsonl', '', file(mark('absent', 1, 3)), file(mark('occluded', 1, 3)));
    expect([...parsed('marks.jsonl', marks.text).rows.keys()]).toEqual(['aa/absent/1-3', 'aa/occluded/1-3']);
  });
});

describe('merging an object', () => {
  const object = (fields: object): string =>
    file(JSON.stringify({ label: 'fish', color: '#112233', attributes: {}, ...fields }));

  it('goes field by field, and attribute by attribute', () => {
    const { text, conflicts } = merge(
      'objects/aa.json',
      object({ attributes: { size: 1 } }),
      object({ label: '鯉', attributes: { size: 2 } }),
      object({ color: '#445566', attributes: { size: 1, blind: true } }),
    );
    expect(conflicts).toEqual([]);
    expect(text).toBe(object({ label: '鯉', color: '#445566', attributes: { size: 2, blind: true } }));
  });

  it('keeps two versions that differ in what both changed alone', () => {
    const { text, conflicts } = merge(
      'objects/aa.json',
      object({}),
      object({ label: 'koi', color: '#445566' }),
      object({ label: 'carp' }),
    );
    expect(conflicts).toEqual([{ key: 'aa', kind: 'changed' }]);
    expect(text).toBe(
      object({ label: 'koi', color: '#445566' }) + object({ label: 'carp', color: '#445566' }),
    );
    expect(parsed('objects/aa.json', text).rows.get('aa')).toHaveLength(2);
  });
});

describe('merging video.json', () => {
  const video = (fields: object): string => {
    const entries = Object.entries({ schema: '1.0', ...fields, timeBase: [1, 25] });
    return `{\n${entries.map(([name, value]) => `  "${name}": ${JSON.stringify(value)}`).join(',\n')}\n}\n`;
  };

  it('goes field by field', () => {
    const { text, conflicts } = merge(
      'video.json',
      video({ name: 'a.mp4', width: 16 }),
      video({ name: 'b.mp4', width: 16 }),
      video({ name: 'a.mp4', width: 16, sha256: 'ab' }),
    );
    expect(conflicts).toEqual([]);
    expect(text).toBe(video({ name: 'b.mp4', width: 16, sha256: 'ab' }));
  });

  it('shows what both changed as git does, so that it still can be read', () => {
    const { text, conflicts } = merge(
      'video.json',
      video({ name: 'a.mp4', byteSize: 1 }),
      video({ name: 'a.mp4', byteSize: 2 }),
      video({ name: 'c.mp4', byteSize: 3 }),
    );
    expect(conflicts).toEqual([{ key: 'byteSize', kind: 'changed' }]);
    const { video: read, problems } = parseVideoJson(text, 'clip.mp4.masklet');
    expect(read?.fields).toMatchObject({ name: 'c.mp4', byteSize: 2, timeBase: [1, 25] });
    expect(problems).toMatchObject([{ code: 'sidecar/conflict', line: 4 }]);
  });

  it('keeps both sides of what is no JSON', () => {
    const { text, conflicts } = merge('video.json', '{}\n', 'ours\n', 'theirs\n');
    expect(text).toBe('<<<<<<< ours\nours\n=======\ntheirs\n>>>>>>> theirs\n');
    expect(conflicts).toHaveLength(1);
  });
});
