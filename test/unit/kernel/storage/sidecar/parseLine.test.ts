import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLocalType } from '../../../../../kernel/storage/fileSystemType';
import { composeFile } from '../../../../../kernel/storage/sidecar/composeFile';
import { compareKeys, lineFile, parseKey, placeOf } from '../../../../../kernel/storage/sidecar/layout';
import { parseFile, type ParsedFile } from '../../../../../kernel/storage/sidecar/parseFile';
import type { LineContext } from '../../../../../kernel/storage/sidecar/parseLine';
import { formatRow } from '../../../../../kernel/storage/sidecar/records';
import { composeVideoJson, isMadeOn, parseVideoJson } from '../../../../../kernel/storage/sidecar/videoJson';
import {
  FRAMES,
  HEIGHT,
  WIDTH,
  maskOf,
  object,
  promptOf,
  videoInfo,
} from '../../../../support/storageFixture';

const context: LineContext = {
  width: WIDTH,
  height: HEIGHT,
  frameCount: FRAMES,
  hasObject: (id) => id === 'aa' || id === 'bb',
};

const masks = 'masks/aa.jsonl';
const mask = (frame: number, seed = 0): string =>
  formatRow({ kind: 'mask', record: maskOf('aa', frame, seed) });

function compose(parsed: ParsedFile): string {
  const rows = [...parsed.rows].map(([key, versions]) => [key, versions.map(({ line }) => line)] as const);
  return (
    composeFile(
      rows,
      parsed.broken.map(({ text }) => text),
    )?.text ?? ''
  );
}

describe('files of lines', () => {
  it('come out sorted by frame as a number, equal lines once', () => {
    const text = [mask(10), mask(9), mask(2), mask(10), ''].join('\n');
    expect(compose(parseFile(masks, text, context))).toBe([mask(2), mask(9), mask(10), ''].join('\n'));
  });

  it('keep both of two lines for one key, in their order', () => {
    const text = [mask(3, 2), mask(3, 1), mask(1), ''].join('\n');
    const parsed = parseFile(masks, text, context);
    expect(parsed.rows.get('aa/3')!.map(({ line }) => line)).toEqual([mask(3, 2), mask(3, 1)]);
    expect(compose(parsed)).toBe([mask(1), mask(3, 2), mask(3, 1), ''].join('\n'));
  });

  it('lose nothing, whatever stands in them', () => {
    const pieces = fc.oneof(
      fc.integer({ min: 0, max: 5 }).map((frame) => mask(frame)),
      fc.integer({ min: 0, max: 5 }).map((frame) => mask(frame, 1)),
      fc.constantFrom(
        '<<<<<<< HEAD',
        '=======',
        '>>>>>>> b',
        '{',
        'null',
        '[]',
        '{"frame":1}',
        '  ',
        '{\r',
        '{\r\r',
      ),
      fc.string(),
      fc.json(),
    );
    fc.assert(
      fc.property(fc.array(pieces), fc.constantFrom('\n', '\r\n'), (lines, end) => {
        const parsed = parseFile(masks, lines.join(end), context);
        const text = compose(parsed);
        const again = parseFile(masks, text, context);
        expect(compose(again)).toBe(text);
        expect([...again.rows.keys()].sort()).toEqual([...parsed.rows.keys()].sort());
        expect(again.broken.map((broken) => broken.text)).toEqual(parsed.broken.map((broken) => broken.text));
        for (const { line, text: broken } of parsed.broken) {
          const found = lines.join(end).split('\n')[line - 1];
          expect(found.replace(/^\uFEFF/, '').replace(/(?<!\r)\r$/, '')).toBe(broken);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('keep how a frame was looked at, and refuse a view that cannot be', () => {
    const record = maskOf('aa', 3, 0);
    const provenance = { model: 'm', modelSha256: 's', revision: 'r', direction: 'forward' } as const;
    const view = { part: [1, 0, WIDTH, 5], size: 768 } as const;
    const line = formatRow({
      kind: 'mask',
      record: { ...record, provenance: { ...provenance, view, quality: 'best' } },
    });
    expect(compose(parseFile(masks, `${line}\n`, context))).toBe(`${line}\n`);
    const [{ row }] = parseFile(masks, line, context).rows.get('aa/3')!;
    expect(row).toMatchObject({ record: { provenance: { view, quality: 'best' } } });
    for (const [from, to] of [
      [`[1,0,${WIDTH},5]`, `[1,0,${WIDTH + 1},5]`],
      [`[1,0,${WIDTH},5]`, '[1,0,1,5]'],
      [`[1,0,${WIDTH},5]`, `[1,0.5,${WIDTH},5]`],
      ['"size":768', '"size":0'],
      ['"best"', '"finest"'],
    ]) {
      expect(line).toContain(from);
      expect(parseFile(masks, line.replace(from, to), context).broken).toHaveLength(1);
    }
    const prompt = formatRow({ kind: 'prompt', record: { ...promptOf('aa', 3), part: [1, 0, WIDTH, 5] } });
    expect(compose(parseFile('prompts.jsonl', `${prompt}\n`, context))).toBe(`${prompt}\n`);
  });

  it('read their own derived values anew', () => {
    const wrong = mask(4)
      .replace(/"area":\d+/, '"area":1')
      .replace(/"bbox":\[[^\]]*\]/, '"bbox":[0,0,1,1]');
    expect(wrong).not.toBe(mask(4));
    expect(parseFile(masks, wrong, context).rows.get('aa/4')![0].line).toBe(mask(4));
  });

  it('tell which key a broken line may have been', () => {
    const parsed = parseFile(masks, mask(7).replace('"state"', '"stat"'), context);
    expect([parsed.mayBeBroken('aa/7'), parsed.mayBeBroken('aa/8')]).toEqual([true, false]);
    expect(parseFile(masks, 'rubbish', context).mayBeBroken('aa/8')).toBe(true);
    const prompt = formatRow({ kind: 'prompt', record: promptOf('zz', 3) });
    expect(parseFile('prompts.jsonl', prompt, context).mayBeBroken('zz/3')).toBe(true);
  });

  it('are told from what is not ours', () => {
    expect(lineFile('masks/a-B_9.jsonl')).toEqual({ kind: 'mask', object: 'a-B_9' });
    expect(lineFile('objects/aa.json')).toEqual({ kind: 'object', object: 'aa' });
    for (const name of [
      'masks/aa.json',
      'objects/aa.jsonl',
      'masks/../aa.jsonl',
      'masks/.jsonl',
      'video.json',
      'notes.jsonl',
    ]) {
      expect(lineFile(name)).toBeUndefined();
    }
  });

  it('find each row by its key again', () => {
    const mark = { object: 'aa', kind: 'occluded' as const, first: 3, last: 12 };
    expect(parseKey(placeOf({ kind: 'mark', record: mark }).key)).toEqual({
      object: 'aa',
      frame: 3,
      last: 12,
      mark: 'occluded',
    });
    const keys = ['bb/1', 'aa/10', 'aa/9', 'aa/occluded/9-12', 'aa/absent/9-12', 'aa/occluded/9-11'];
    expect(keys.sort((a, b) => compareKeys(parseKey(a), parseKey(b)))).toEqual([
      'aa/9',
      'aa/occluded/9-11',
      'aa/absent/9-12',
      'aa/occluded/9-12',
      'aa/10',
      'bb/1',
    ]);
  });

  it('write attributes in the order of their names, strange ones too', () => {
    const attributes = JSON.parse('{"b":1,"__proto__":"x","a":true}') as Record<
      string,
      string | number | boolean
    >;
    const line = formatRow({ kind: 'object', record: object('aa', { attributes }) });
    expect(line).toContain('{"__proto__":"x","a":true,"b":1}');
    expect(parseFile('objects/aa.json', line, context).rows.get('aa')![0].line).toBe(line);
  });
});

describe('video.json', () => {
  const video = videoInfo('/videos/clip.mp4');

  it('says on what video the annotations were made', () => {
    const text = composeVideoJson(video, 'abc', undefined);
    const { video: json, problems } = parseVideoJson(text, '/x');
    expect(problems).toEqual([]);
    expect(isMadeOn(json!, video)).toBe(true);
    expect(isMadeOn(json!, { ...video, fingerprint: 'other' })).toBe(false);
    expect(isMadeOn(json!, { ...video, sha256: 'abd' })).toBe(false);
    expect(composeVideoJson(video, 'abc', json)).toBe(text);
  });

  it('is written anew where it is broken', () => {
    const { video: json, problems } = parseVideoJson('{"schema": ', '/x');
    expect(json).toBeUndefined();
    expect(problems).toMatchObject([{ code: 'sidecar/broken-line', file: '/x/video.json', line: 1 }]);
  });
});

describe('file systems', () => {
  it('count as local only where they are known to be', () => {
    expect(isLocalType(0xef53, 'linux')).toBe(true);
    // As a signed 32-bit number, which some systems give.
    expect(isLocalType(0x9123683e | 0, 'linux')).toBe(true);
    for (const network of [0x6969, 0xff534d42, 0xfe534d42, 0x01021997, 0x65735546, 0]) {
      expect(isLocalType(network, 'linux')).toBe(false);
    }
    expect(isLocalType(0xef53, 'darwin')).toBe(false);
  });
});
