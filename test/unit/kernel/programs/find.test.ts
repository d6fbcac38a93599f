import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findProgram } from '../../../../kernel/programs/find';
import { temporaryFolder } from '../../../support/storageFixture';

const path = process.env.PATH;
const folder = process.cwd();

describe.skipIf(process.platform === 'win32')('a program on the PATH', () => {
  afterEach(() => {
    process.env.PATH = path;
    process.chdir(folder);
  });

  const withProgram = (at: string): string => {
    mkdirSync(at);
    writeFileSync(join(at, 'tool'), '#!/bin/sh\n');
    chmodSync(join(at, 'tool'), 0o755);
    return at;
  };

  it('is not one in the current folder', async () => {
    const here = withProgram(join(temporaryFolder(), 'here'));
    const installed = withProgram(join(temporaryFolder(), 'bin'));
    process.chdir(here);
    process.env.PATH = ['', '.', './', `..${'/here'}`].join(delimiter);
    expect(await findProgram('tool')).toBeUndefined();
    process.env.PATH = ['', '.', installed].join(delimiter);
    expect(await findProgram('tool')).toBe(join(installed, 'tool'));
  });

  it('does not lie in the folder that is worked on, behind links neither', async () => {
    const top = temporaryFolder();
    const inside = withProgram(join(top, 'inside'));
    const link = join(temporaryFolder(), 'link');
    symlinkSync(inside, link);
    process.env.PATH = [inside, link].join(delimiter);
    expect(await findProgram('tool', top)).toBeUndefined();
    expect(await findProgram('tool', join(top, 'other'))).toBe(join(inside, 'tool'));
  });
});
