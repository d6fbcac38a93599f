import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { packageRoot } from '../../kernel/runtime/paths';

/** Leaves a picture of a page in `out/screenshots`, to be looked at. */
export async function saveScreenshot(page: Page, name: string): Promise<void> {
  const folder = join(packageRoot(), 'out', 'screenshots');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
