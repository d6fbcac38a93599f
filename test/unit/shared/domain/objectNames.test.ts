import { describe, expect, it } from 'vitest';
import { objectNames } from '../../../../shared/domain/objectNames';

const named = (...labels: string[]): string[] => [
  ...objectNames(labels.map((label, n) => ({ id: `id-${n}`, label }))).values(),
];

describe('the name of an object', () => {
  it('is its label', () => {
    expect(named('dog', 'person')).toEqual(['dog', 'person']);
  });

  it('is numbered in list order where others have the same label', () => {
    expect(named('person', 'dog', 'person', 'person')).toEqual(['person 1', 'dog', 'person 2', 'person 3']);
  });
});
