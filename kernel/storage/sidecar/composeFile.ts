import { compareKeys, parseKey } from './layout';

/**
 * The text of a file of lines: sorted by key, the versions of a key in conflict below each other, lines that could not
 * be read at the end, verbatim. Undefined where the file should not exist.
 */
export function composeFile(
  rows: Iterable<readonly [key: string, lines: readonly string[]]>,
  broken: readonly string[],
): { readonly text: string; readonly firstBrokenLine: number } | undefined {
  const sorted = [...rows]
    .map(([key, lines]) => ({ parsed: parseKey(key), lines }))
    .sort((a, b) => compareKeys(a.parsed, b.parsed))
    .flatMap(({ lines }) => lines);
  if (sorted.length + broken.length === 0) return undefined;
  return { text: [...sorted, ...broken, ''].join('\n'), firstBrokenLine: sorted.length + 1 };
}
