import { describe, test } from 'vitest';
import { firstSeed, fuzz } from '../support/fuzz/fuzz';
import { readers } from '../support/fuzz/readers';

const INPUTS = Number(process.env.MASKLET_FUZZ ?? 10_000);

describe(`${INPUTS} hostile inputs each, from MASKLET_SEED=${firstSeed}`, () => {
  test.each(Object.keys(readers))('%s', { timeout: 1_800_000 }, (reader) => fuzz(reader, INPUTS));
});
