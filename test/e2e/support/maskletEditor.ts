import type { Frame, Page } from 'playwright-core';
import { until } from '../../support/until';

/** The video editor in one tab, as a user works with it. */
export class MaskletEditor {
  constructor(
    private readonly page: Page,
    readonly frame: Frame,
  ) {}

  async waitForPicture(): Promise<void> {
    await this.frame.locator('.status-zoom').waitFor({ timeout: 60_000 });
    await this.frame.locator('.stage-cover').waitFor({ state: 'detached', timeout: 60_000 });
  }

  /** Waits until the tab has closed, or gone on to another file. */
  async waitUntilGone(): Promise<void> {
    await until(() => this.frame.isDetached(), 'the old editor is still there');
  }

  /** Where a point of the video is on the screen, while the picture is fitted. */
  async onScreen(
    x: number,
    y: number,
    video: { readonly width: number; readonly height: number },
  ): Promise<{ x: number; y: number }> {
    const box = await this.frame.locator('canvas').first().boundingBox();
    const zoom = await this.frame.locator('.status-zoom').textContent();
    if (!box || !zoom) throw new Error('There is no picture.');
    const scale = parseFloat(zoom) / 100;
    return {
      x: box.x + box.width / 2 + (x - video.width / 2) * scale,
      y: box.y + box.height / 2 + (y - video.height / 2) * scale,
    };
  }

  async click(
    x: number,
    y: number,
    video: { readonly width: number; readonly height: number },
    button: 'left' | 'right' = 'left',
  ): Promise<void> {
    const at = await this.onScreen(x, y, video);
    await this.page.mouse.click(at.x, at.y, { button });
  }

  /** Draws a box around an object. */
  async dragBox(
    [x0, y0, x1, y1]: readonly [number, number, number, number],
    video: { readonly width: number; readonly height: number },
  ): Promise<void> {
    const from = await this.onScreen(x0, y0, video);
    const to = await this.onScreen(x1, y1, video);
    const { mouse } = this.page;
    await mouse.move(from.x, from.y);
    await mouse.down();
    await mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 4 });
    await mouse.move(to.x, to.y, { steps: 4 });
    await mouse.up();
  }

  /** Gives the editor the keyboard, by a click where it does nothing else. */
  async focus(): Promise<void> {
    await this.frame.locator('.transport-time').click();
  }

  async press(key: string): Promise<void> {
    await this.focus();
    await this.page.keyboard.press(key);
  }

  async goTo(frame: number): Promise<void> {
    const input = this.frame.locator('input[title^="Frame number"], .transport input').first();
    await input.fill(String(frame));
    await input.press('Enter');
    await this.focus();
  }

  /** How many objects the list shows. */
  objectCount(): Promise<number> {
    return this.frame.locator('.object-select').count();
  }

  async waitForMask(): Promise<void> {
    await this.frame.locator('.status-mask').waitFor({ timeout: 60_000 });
  }

  async waitForPropagation(): Promise<void> {
    await this.frame.getByRole('group', { name: 'Propagation' }).waitFor({ timeout: 30_000 });
  }

  /** Waits until no propagation is shown. */
  async waitUntilDone(timeout = 120_000): Promise<void> {
    await this.frame.getByRole('group', { name: 'Propagate', exact: true }).waitFor({ timeout });
  }
}
