import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLabels } from '../../../../kernel/labels/parseLabels';
import type { Attributes, AttributeValue, MarkRecord } from '../../../../shared/domain/annotations';
import { changeAttributes } from '../../../../kernel/annotations/marks';
import { classOfKey, frameAttributes, untilNextChange } from '../../../../webview/editor/state/labels';
import { documentState } from '../../../support/webviewFixtures';

const FISH = {
  name: 'fish',
  color: '#FF8800',
  hotkey: 'Alt+1',
  attributes: [
    { name: 'kind', type: 'choice', values: ['koi', 'carp'] },
    { name: 'turned', type: 'boolean', per: 'frame' },
    { name: 'length', type: 'number', min: 0, max: 9.5 },
    { name: 'note', type: 'text', per: 'object' },
  ],
};
const read = (...classes: unknown[]) => parseLabels(JSON.stringify({ classes }), 'labels.json');
const problemsOf = (...classes: unknown[]): string[] =>
  read(...classes).problems.map(({ message }) => message);

describe('a label set', () => {
  it('has its classes in the order of the file, with attributes of every type', () => {
    const { classes, problems } = read({ name: 'plant', color: '#00ff00' }, FISH);
    expect(problems).toEqual([]);
    expect(classes.map(({ name }) => name)).toEqual(['plant', 'fish']);
    expect(classes[0].attributes).toEqual([]);
    expect(classes[1]).toEqual({
      name: 'fish',
      color: '#ff8800',
      hotkey: 'Alt+1',
      attributes: [
        { name: 'kind', per: 'object', type: 'choice', values: ['koi', 'carp'] },
        { name: 'turned', per: 'frame', type: 'boolean' },
        { name: 'length', per: 'object', type: 'number', min: 0, max: 9.5 },
        { name: 'note', per: 'object', type: 'text' },
      ],
    });
  });

  it.each([
    [{ name: 'a', color: 'red' }, 'labels.json: classes[1].color ("a") must be a colour'],
    [{ color: '#000000' }, 'classes[1].name must be text'],
    [{ name: 'a', color: '#000000', hotkey: 'x' }, 'classes[1].hotkey ("a") must be a capital letter'],
    [{ name: 'a', color: '#000000', hotkey: 'Alt+1' }, '"fish" and "a" have the same hotkey Alt+1'],
    [{ name: 'fish', color: '#000000' }, 'the class "fish" is there twice'],
    [7, 'classes[1] must be a JSON object'],
  ])('says what is wrong with %j and uses the others', (entry, message) => {
    const { classes } = read(FISH, entry, { name: 'last', color: '#010101' });
    expect(problemsOf(FISH, entry)).toEqual([expect.stringContaining(message)]);
    expect(classes.map(({ name }) => name)).toEqual(['fish', 'last']);
  });

  it.each([
    [{ name: 'k', type: 'choice', values: [] }, 'attributes[0].values ("k") must be a list of texts'],
    [{ name: 'k', type: 'choice', values: ['a', 'a'] }, 'has a value twice'],
    [{ name: 'k', type: 'date' }, 'attributes[0].type ("k") must be'],
    [{ name: 'k', type: 'number', min: 2, max: 1 }, 'has a "min" above its "max"'],
    [{ name: 'k', type: 'text', per: 'clip' }, 'attributes[0].per ("k") must be'],
  ])('says what is wrong with the attribute %j and keeps its class', (attribute, message) => {
    const found = read({
      name: 'a',
      color: '#000000',
      attributes: [attribute, { name: 'ok', type: 'text' }],
    });
    expect(found.problems.map((problem) => problem.message)).toEqual([expect.stringContaining(message)]);
    expect(found.classes[0].attributes).toEqual([{ name: 'ok', per: 'object', type: 'text' }]);
  });

  it('that is no JSON, or has no list of classes, says so', () => {
    expect(parseLabels('{', 'f').problems[0].message).toMatch(/^f: it is not valid JSON/);
    expect(parseLabels('[]', 'f').problems[0].message).toBe('f: the file must be a JSON object.');
    expect(parseLabels('{}', 'f').problems[0].message).toBe('f: classes must be a list.');
  });

  it('knows its hotkeys', () => {
    const { classes } = read(FISH, { name: 'crab', color: '#000000', hotkey: 'K' });
    const document = documentState({ labels: { classes, problems: [] } });
    const press = (key: string, altKey = false) =>
      classOfKey(document, { key, altKey, shiftKey: false, ctrlKey: false, metaKey: false })?.name;
    expect(press('1', true)).toBe('fish');
    expect(press('1')).toBeUndefined();
    expect(press('k')).toBe('crab');
    expect(press('k', true)).toBeUndefined();
  });
});

const LAST = 20;
const range = fc
  .tuple(fc.integer({ min: 0, max: LAST }), fc.integer({ min: 0, max: LAST }))
  .map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) }));
const change = fc.dictionary(
  fc.constantFrom('pose', 'turned'),
  fc.constantFrom<AttributeValue | null>('left', true, null),
);

describe('attributes of frames', () => {
  it('hold on exactly the frames they were said of, in marks that stay apart', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ object: fc.constantFrom('a', 'b'), range, change }), { maxLength: 10 }),
        (steps) => {
          let marks: MarkRecord[] = [{ object: 'a', kind: 'occluded', first: 2, last: 5 }];
          const truth = new Map<string, Record<string, AttributeValue>>();
          for (const step of steps) {
            const { putMarks, removeMarks } = changeAttributes(marks, step.object, step.range, step.change);
            const replaced = (mark: MarkRecord): boolean =>
              putMarks.some(
                (put) =>
                  put.object === mark.object &&
                  put.kind === mark.kind &&
                  put.first === mark.first &&
                  put.last === mark.last,
              );
            marks = [...marks.filter((mark) => !removeMarks.includes(mark) && !replaced(mark)), ...putMarks];
            for (let frame = step.range.first; frame <= step.range.last; frame++) {
              const here: Record<string, AttributeValue> = {
                ...truth.get(`${step.object}/${frame}`),
              };
              for (const [name, value] of Object.entries(step.change))
                if (value === null) delete here[name];
                else here[name] = value;
              truth.set(`${step.object}/${frame}`, here);
            }
          }
          expect(marks.filter(({ kind }) => kind === 'occluded')).toHaveLength(1);
          for (const object of ['a', 'b']) {
            const own = marks.filter((mark) => mark.object === object && mark.kind === 'attributes');
            own.sort((a, b) => a.first - b.first);
            for (const [n, mark] of own.entries()) {
              expect(Object.keys(mark.attributes ?? {})).not.toEqual([]);
              expect(mark.first).toBeGreaterThan(own[n - 1]?.last ?? -1);
            }
            for (let frame = 0; frame <= LAST; frame++)
              expect(frameAttributes(marks, object, frame)).toEqual(truth.get(`${object}/${frame}`) ?? {});
          }
        },
      ),
    );
  });

  it('that are said again as they are change nothing', () => {
    const said: Attributes = { pose: 'left' };
    const { putMarks } = changeAttributes([], 'a', { first: 3, last: 9 }, said);
    expect(changeAttributes(putMarks, 'a', { first: 4, last: 5 }, said)).toEqual({
      putMarks: [],
      removeMarks: [],
    });
  });

  it('hold until they are next said otherwise', () => {
    const marks: MarkRecord[] = [
      { object: 'a', kind: 'attributes', first: 5, last: 9, attributes: { pose: 'left', turned: true } },
      { object: 'a', kind: 'attributes', first: 10, last: 12, attributes: { pose: 'left' } },
    ];
    expect(untilNextChange(marks, 'a', 'pose', 2, 30)).toEqual({ first: 2, last: 4 });
    expect(untilNextChange(marks, 'a', 'pose', 6, 30)).toEqual({ first: 6, last: 12 });
    expect(untilNextChange(marks, 'a', 'turned', 6, 30)).toEqual({ first: 6, last: 9 });
    expect(untilNextChange(marks, 'a', 'turned', 11, 30)).toEqual({ first: 11, last: 29 });
  });
});
