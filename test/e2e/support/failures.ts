import { afterEach } from 'vitest';
import type { Workbench } from './workbench';

/** Keeps what a window shows when a test fails, beside the other screenshots. */
export function pictureFailures(window: () => Workbench | undefined): void {
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    await window()?.screenshot(`failed-${task.name.replace(/\W+/g, '-')}`);
  });
}
