import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findJsonFault } from '../../../../kernel/import/jsonErrors';

describe('the element of a fault', () => {
  test.each<[string, string, RegExp]>([
    ['{"a": [1, {"b": NaN}]}', 'a[1].b', /NaN/],
    ['{"a": [-Infinity]}', 'a[0]', /-Infinity/],
    ['{"a": [1, 2', 'a[1]', /ends there/],
    ['{"a": "x', 'a', /ends there/],
    ['{"a": 1 "b": 2}', 'a', /comma/],
    ['{"a" 1}', '', /colon/],
    ["{'a': 1}", '', /quotes/],
    ['{"a": "C:\\videos"}', 'a', /backslash/],
    ['{"a": "one\ntwo"}', 'a', /control/],
    ['[1, 2,]', '[2]', /not a valid value/],
    ['{} {}', '', /follows/],
    ['', '', /ends there/],
    ['True', '', /"True"/],
  ])('%s', (text, path, why) => {
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(findJsonFault(text)).toMatchObject({ path, why: expect.stringMatching(why) as string });
  });

  test('what is JSON has none, also with texts of megabytes', () => {
    fc.assert(fc.property(fc.json(), (text) => findJsonFault(text) === undefined));
    expect(findJsonFault(JSON.stringify({ imageData: 'A\\'.repeat(4_000_000) }))).toBeUndefined();
  });

  test('what is broken somewhere has one wherever JSON.parse sees it', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (text, at) => {
        const cut = text.slice(0, at % (text.length + 1));
        const isJson = ((): boolean => {
          try {
            JSON.parse(cut);
            return true;
          } catch {
            return false;
          }
        })();
        expect(findJsonFault(cut) === undefined).toBe(isJson);
      }),
    );
  });
});
