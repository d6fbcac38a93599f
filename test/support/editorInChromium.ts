import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { findChromium, launchChromium } from './chromium';
import { EditorHarness, type EditorOptions } from './webviewHarness';

/** Undefined where there is none: the tests that need it are skipped. */
export const chromium = findChromium();
if (!chromium) console.warn('The tests of the webview are skipped: no Chromium (set CHROME_PATH to one).');

/**
 * A browser for the tests of a block.
 * @returns opens an editor, which must have had nothing to complain of by the end of its test.
 */
export function editorInChromium(): (options: EditorOptions) => Promise<EditorHarness> {
  let browser: Browser;
  let editor: EditorHarness;
  beforeAll(async () => {
    browser = await launchChromium(chromium);
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    const { complaints } = editor;
    await editor.close();
    expect(complaints).toEqual([]);
  });
  return async (options) => (editor = await EditorHarness.open(browser, options));
}
