import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../kernel/runtime/paths';
import { findChromium, launchChromium } from '../support/chromium';
import { desktopProgram } from './support/desktop';
import { missingServer } from './support/server';

const missing = desktopProgram() === undefined ? missingServer() : 'it would open a window of its own';

describe.skipIf(missing !== undefined)(
  `npm start${missing ? ` (skipped: ${missing})` : ''}`,
  { timeout: 300_000 },
  () => {
    let starting: ChildProcess | undefined;
    let browser: Browser;
    beforeAll(async () => {
      rmSync(join(packageRoot(), 'out', 'vscode'), { recursive: true, force: true });
      browser = await launchChromium(findChromium());
    });
    afterAll(async () => {
      starting?.kill();
      await browser.close();
    });

    it('opens the sample clip, trusted, ready to be clicked, and with nothing else in the way', async () => {
      starting = spawn(process.execPath, [join(packageRoot(), 'scripts', 'start.mjs')], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, PATH: '/usr/bin:/bin' },
      });
      const address = await new Promise<string>((resolve) => {
        let said = '';
        starting?.stdout?.on('data', (text: Buffer) => {
          said += text.toString();
          const [found] = /http:\S+/.exec(said) ?? [];
          if (found) resolve(found);
        });
      });
      const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
      await page.goto(address);
      const editor = page.frameLocator('iframe.webview').frameLocator('#active-frame');
      await editor.getByText('Click the object to segment').waitFor({ timeout: 120_000 });
      expect(await page.getByText('Restricted Mode').count()).toBe(0);
      expect(await page.locator('.part.auxiliarybar').isVisible()).toBe(false);
      expect(await page.getByRole('tab').filter({ hasText: 'sample.mp4' }).count()).toBe(1);
    });
  },
);
