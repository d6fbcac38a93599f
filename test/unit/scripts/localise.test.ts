import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { packageRoot } from '../../../kernel/runtime/paths';
import { hostTexts, localised } from '../../../scripts/localise.mjs';

const read = (...path: string[]): unknown =>
  JSON.parse(readFileSync(join(packageRoot(), ...path), 'utf8')) as unknown;

/** Puts the texts back in the place of their keys, as VS Code does. */
function translated(value: unknown, texts: Readonly<Record<string, string>>): unknown {
  const text = JSON.stringify(value).replace(/"%([^"%]+)%"/g, (_, key: string) => {
    const found = texts[key];
    if (found === undefined) throw new Error(`There is no text for ${key}.`);
    return JSON.stringify(found);
  });
  return JSON.parse(text) as unknown;
}

it('package.json with keys and its texts are package.json', () => {
  const manifest = read('package.json');
  const { manifest: keyed, texts } = localised(manifest);
  expect(translated(keyed, texts)).toEqual(manifest);
  expect(JSON.stringify(keyed)).not.toContain('"title":"Doctor"');
});

it('what translators are given is up to date: npm run manifest', () => {
  expect(read('package.nls.json')).toEqual(localised(read('package.json')).texts);
  expect(read('l10n', 'bundle.l10n.json')).toEqual(hostTexts(join(packageRoot(), 'extension')));
});

it('finds the texts of code, and refuses what no translator can see', () => {
  const folder = mkdtempSync(join(tmpdir(), 'masklet-l10n-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(
    join(folder, 'a.ts'),
    "f(vscode.l10n.t('One {0}', 1), other.t('Two'), `${l10n.t('Three')}`);",
  );
  expect(hostTexts(folder)).toEqual({ 'One {0}': 'One {0}', Three: 'Three' });
  writeFileSync(join(folder, 'b.ts'), 'vscode.l10n.t(`a ${b}`)');
  expect(() => hostTexts(folder)).toThrow(/b\.ts/);
});
