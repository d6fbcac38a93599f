import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatNotebook,
  parseNotebook,
  type NotebookFile,
} from '../../../../extension/notebook/notebookFile';
import { SAMPLE_NOTEBOOK } from '../../../../extension/notebook/sampleNotebook';

const FILE_KEYS = ['version', 'cells'];
const CELL_KEYS = ['kind', 'language', 'source'];

const extra = (known: readonly string[]) =>
  fc.dictionary(
    fc.string().filter((key) => !known.includes(key) && key !== '__proto__'),
    // JSON has one zero.
    fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown),
  );

const notebook: fc.Arbitrary<NotebookFile> = fc.record({
  cells: fc.array(
    fc.record({
      kind: fc.constantFrom('markup', 'code'),
      language: fc.oneof(fc.constantFrom('markdown', 'sql', 'masklet'), fc.string({ minLength: 1 })),
      source: fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(fc.string(), { maxLength: 6 }).map((lines) => lines.join('\n')),
        fc.constantFrom('', '\n', 'a\r\nb', '\n\n', '\t"\\'),
      ),
      extra: extra(CELL_KEYS),
    }),
  ),
  extra: extra(FILE_KEYS),
});

describe('a notebook file', () => {
  test('comes back as it was written, unknown fields too, and is written the same again', () => {
    fc.assert(
      fc.property(notebook, (file) => {
        const text = formatNotebook(file);
        expect(parseNotebook(text)).toEqual(file);
        expect(formatNotebook(parseNotebook(text))).toBe(text);
      }),
    );
  });

  test('has a line for each line of a cell, so that a changed line is one changed line', () => {
    const lines = (file: NotebookFile): string[] => formatNotebook(file).split('\n');
    const [first, ...others] = SAMPLE_NOTEBOOK.cells;
    const before = lines(SAMPLE_NOTEBOOK);
    const after = lines({
      ...SAMPLE_NOTEBOOK,
      cells: [{ ...first, source: first.source.replace('read the annotations', 'look at them') }, ...others],
    });
    expect(after).toHaveLength(before.length);
    expect(after.filter((line, n) => line !== before[n])).toHaveLength(1);
  });

  test('may be empty, begin with a byte order mark, and hold a source in one piece', () => {
    expect(parseNotebook('')).toEqual({ cells: [], extra: {} });
    expect(parseNotebook(' \n')).toEqual({ cells: [], extra: {} });
    const text = '\uFEFF{"version": 1, "cells": [{"kind": "code", "language": "sql", "source": "a\\nb"}]}';
    expect(parseNotebook(text).cells).toEqual([{ kind: 'code', language: 'sql', source: 'a\nb', extra: {} }]);
  });

  test.each([
    ['{"version": 1, "cells": [\n{,\n]}', /line 2/],
    [
      '{"version": 1,\n<<<<<<< HEAD\n"cells": []\n=======\n"cells": [ ]\n>>>>>>> other\n}',
      /Line 2 .*conflict/,
    ],
    ['[]', /not a JSON object/],
    ['null', /not a JSON object/],
    ['{"cells": []}', /version/],
    ['{"version": 2, "cells": []}', /newer Masklet/],
    ['{"version": 1}', /no list of "cells"/],
    ['{"version": 1, "cells": [5]}', /Cell 1 is not a JSON object/],
    ['{"version": 1, "cells": [{"kind": "code", "language": "sql", "source": [1]}]}', /Cell 1 .*"source"/],
    ['{"version": 1, "cells": [{"kind": "code", "source": []}]}', /Cell 1 .*"language"/],
    ['{"version": 1, "cells": [{"kind": "raw", "language": "sql", "source": []}]}', /Cell 1 .*"kind"/],
  ])('is refused with the reason where it is broken: %s', (text, message) => {
    expect(() => parseNotebook(text)).toThrow(message);
  });
});
