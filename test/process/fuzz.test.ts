import { describe, test } from 'vitest';
import { firstSeed, fuzz } from '../support/fuzz/fuzz';
import { readers } from '../support/fuzz/readers';

/** A few inputs each; `test/full` tries many more. */
const INPUTS = 150;

describe(`hostile inputs from MASKLET_SEED=${firstSeed}`, () => {
  test.each(Object.keys(readers))('%s', (reader) => fuzz(reader, INPUTS));
});
