import { signal } from '@preact/signals';

/** The host is heard of every few seconds; silence for this long means that it has gone, or the way to it has. */
const SILENT_AFTER_MS = 15_000;
const CHECK_MS = 1_000;

/**
 * Notices that the extension host has ended. VS Code leaves the page of a custom editor as it was then, so nobody but the
 * page itself can say that it shows the past.
 */
export class HostWatch {
  readonly silent = signal(false);
  private heardAt = 0;
  private timer: number | undefined;

  /** The first time begins the watch. */
  heard(): void {
    this.heardAt = performance.now();
    this.silent.value = false;
    this.timer ??= window.setInterval(() => {
      this.silent.value = performance.now() - this.heardAt > SILENT_AFTER_MS;
    }, CHECK_MS);
  }
}
