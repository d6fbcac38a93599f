import { stat } from 'node:fs/promises';

/** How often a video is looked for. Network drives that go away send no events. */
const LOOK_MS = 2_000;
/** A drive that has not answered by then is not reachable. */
const ANSWER_MS = 5_000;
/** Looks in a row that must fail: files that are replaced are gone for a moment. */
const MISSES = 2;

/** Watches whether a video, or folder of images, is still there to be read. */
export class VideoPresence {
  private timer: NodeJS.Timeout | undefined;
  private misses = 0;
  private ended = false;

  /**
   * @param path full path
   * @param onChange told once when it is gone, and once when it is back
   */
  constructor(
    private readonly path: string,
    private readonly onChange: (present: boolean) => void,
    private readonly lookMs = LOOK_MS,
  ) {
    this.lookSoon();
  }

  dispose(): void {
    this.ended = true;
    clearTimeout(this.timer);
  }

  private lookSoon(): void {
    if (!this.ended) this.timer = setTimeout(() => void this.look(), this.lookMs);
  }

  private async look(): Promise<void> {
    const present = await isThere(this.path);
    if (this.ended) return;
    const wasGone = this.misses >= MISSES;
    this.misses = present ? 0 : this.misses + 1;
    if (present && wasGone) this.onChange(true);
    if (this.misses === MISSES) this.onChange(false);
    this.lookSoon();
  }
}

async function isThere(path: string): Promise<boolean> {
  let late: NodeJS.Timeout | undefined;
  const tooLate = new Promise<boolean>((resolve) => {
    late = setTimeout(() => resolve(false), ANSWER_MS);
  });
  const found = stat(path).then(
    () => true,
    () => false,
  );
  return await Promise.race([found, tooLate]).finally(() => clearTimeout(late));
}
