import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DOCTOR_COMMANDS, doctorHtml, doctorText } from '../../../../extension/commands/doctorHtml';
import { packageRoot } from '../../../../kernel/runtime/paths';
import { FFMPEG_CHECK, type HealthCheck, type HealthResult } from '../../../../shared/protocol/health';
import { join } from 'node:path';

const health = (...checks: readonly HealthCheck[]): HealthResult => ({
  version: '1.2.3',
  pid: 42,
  uptimeSeconds: 1,
  checks,
  model: { id: 'some', state: 'idle' },
  memory: { rss: 0, peakRss: 0, heapUsed: 0, external: 0 },
  sessions: 0,
  longestStallMs: 0,
});

test('what is wrong comes with its hint and, where one can be had, the button that mends it', () => {
  const html = doctorHtml(
    health(
      { name: FFMPEG_CHECK, state: 'failed', detail: 'not <found>', hint: 'Install "it".' },
      { name: 'SQLite', state: 'ok', detail: 'fine', hint: 'never shown' },
    ),
  );
  expect(html).toContain('1 check failed.');
  expect(html).toContain('not &#60;found&#62;');
  expect(html).toContain('Install &#34;it&#34;.');
  expect(html).toContain('href="command:masklet.installFfmpeg"');
  expect(html).not.toContain('never shown');
  expect(html).not.toContain('masklet.installCuda');
  expect(html).not.toContain('<script');
});

test('without faults it says so, and there is nothing to mend', () => {
  const html = doctorHtml(health({ name: FFMPEG_CHECK, state: 'ok', detail: 'fine' }));
  expect(html).toContain('Everything is in order.');
  expect(html).not.toContain('masklet.installFfmpeg');
});

test('every button runs a command that exists, and the page may run it', () => {
  const { contributes } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    contributes: { commands: readonly { command: string }[] };
  };
  const known = new Set(contributes.commands.map(({ command }) => command));
  const unknown = DOCTOR_COMMANDS.filter((command) => !known.has(command));
  expect(unknown).toEqual(['masklet.copyDoctor']);
});

test('as text, a line a check and one for each hint', () => {
  expect(
    doctorText(
      health(
        { name: 'a', state: 'ok', detail: 'x' },
        { name: 'b', state: 'warning', detail: 'y\nz', hint: 'do' },
      ),
    ),
  ).toBe('Masklet 1.2.3\nok       a: x\nwarning  b: y z\n         do\n');
});
