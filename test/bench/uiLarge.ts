import type { Page } from 'playwright-core';
import type { FrameRange } from '../../shared/domain/video';
import type { ObjectRecord, ObjectStatus } from '../../shared/domain/annotations';
import { findChromium, launchChromium } from '../support/chromium';
import { documentState, maskView, objectRecord, objectStatus } from '../support/webviewFixtures';
import { EditorHarness } from '../support/webviewHarness';

const OBJECTS = 100;
const FRAMES = 20_000;
const PROPAGATED = 5;
const MESSAGES = 300;
const SCROLL_MS = 3000;

export interface LargeFigures {
  /** Screen refreshes a second while the lanes are scrolled, and how many there were while nothing happened. */
  readonly scrolling: number;
  readonly idle: number;
  /** Longest task of the page while five objects are propagated, in milliseconds; 0: none over 50. */
  readonly longestTask: number;
}

/** The editor's page, in Chromium with a scripted host, with 100 objects on 20,000 frames. */
export async function measureLarge(): Promise<LargeFigures | undefined> {
  const chromium = findChromium();
  if (!chromium) return undefined;
  const browser = await launchChromium(chromium);
  try {
    const { objects, status } = clip();
    const editor = await EditorHarness.open(browser, {
      state: documentState({
        video: { ...documentState().video, frameCount: FRAMES },
        objects,
        status,
      }),
    });
    await editor.page.locator('.lane-label').first().waitFor();
    const idle = await refreshes(editor.page, '() => undefined');
    const scrolling = await refreshes(
      editor.page,
      `(ms) => { document.querySelector('.lanes').scrollTop = 900 + 900 * Math.sin(ms / 200); }`,
    );
    const before = editor.messages.length;
    await propagate(editor, status);
    const tasks = editor.messages
      .slice(before)
      .flatMap((message) => (message.kind === 'measure' && message.name === 'longtask' ? [message.ms] : []));
    return { idle, scrolling, longestTask: Math.max(0, ...tasks) };
  } finally {
    await browser.close();
  }
}

/** Every object with keyframes, verified and stale spans all along the clip. */
function clip(): { objects: ObjectRecord[]; status: ObjectStatus[] } {
  const every = (step: number, length: number, from = 0): FrameRange[] =>
    Array.from({ length: Math.floor((FRAMES - from) / step) }, (_, n) => ({
      first: from + n * step,
      last: from + n * step + length - 1,
    }));
  const objects = Array.from({ length: OBJECTS }, (_, n) =>
    objectRecord(`object${n}`, `Object ${n}`, `#${(0x3060a0 + n * 0x10203).toString(16).slice(0, 6)}`),
  );
  const status = objects.map(({ id }, n) =>
    objectStatus(id, {
      prompted: every(500, 1, n),
      masked: every(200, 150, n),
      stale: every(700, 40, n),
      verified: every(900, 60, n),
      edited: every(1100, 1, n + 3),
      absent: every(1300, 30, n),
    }),
  );
  return { objects, status };
}

/** Screen refreshes a second while `act` is called before each of them. */
async function refreshes(page: Page, act: string): Promise<number> {
  return await page.evaluate<number>(`new Promise((done) => {
    const act = ${act};
    let count = 0;
    let first;
    const tick = (now) => {
      first ??= now;
      act(now - first);
      if (now - first >= ${SCROLL_MS}) done((count * 1000) / (now - first));
      else { count++; requestAnimationFrame(tick); }
    };
    requestAnimationFrame(tick);
  })`);
}

/** As the host sends it: masks with every frame, progress with every frame, statuses now and then. */
async function propagate(editor: EditorHarness, status: readonly ObjectStatus[]): Promise<void> {
  const ids = status.slice(0, PROPAGATED).map(({ object }) => object);
  for (let n = 0; n < MESSAGES; n++) {
    const frame = 5000 + n;
    const masks = ids.map((id, k) =>
      maskView(id, frame, [320, 240], [10 * k, 20, 10 * k + 60, 120], { state: 'propagated' }),
    );
    const propagation = {
      direction: 'forward' as const,
      objects: ids,
      frame,
      done: n,
      computed: n,
      total: MESSAGES,
      cancelling: false,
    };
    await editor.send({ kind: 'masks', frame, masks });
    await editor.send({ kind: 'change', change: { set: { propagation }, unset: [] } });
    if (n % 20 !== 19) continue;
    const rows = status
      .slice(0, PROPAGATED)
      .map((row) => ({ ...row, masked: [{ first: 0, last: frame }], stale: [] }));
    await editor.send({ kind: 'change', change: { set: {}, unset: [], status: rows } });
  }
}
