/** What a user waits for in the real VS Code: `npm run bench:ui`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeClip } from '../e2e/support/annotations';
import type { MaskletEditor } from '../e2e/support/maskletEditor';
import { VsCode, missingPart, workspaceWith } from '../e2e/support/vscode';
import type { Workbench } from '../e2e/support/workbench';
import { until } from '../support/until';
import { median } from './median';
import { measureLarge } from './uiLarge';

const SIZE = { width: 1280, height: 720 };
const FRAMES = 12;
const CLICKS = 6;
const STEPS = 30;

interface Figure {
  readonly what: string;
  readonly ms: number;
  readonly target: number;
}

/** Everything measured so far under this name, in milliseconds, as the extension's log has it. */
function measured(code: VsCode, name: string): number[] {
  const lines = code.extensionLog().matchAll(/measure (\w+) ([\d.]+)/g);
  return [...lines].filter(([, found]) => found === name).map(([, , ms]) => Number(ms));
}

/** Does something and waits for what is measured of it. */
async function measuring(code: VsCode, name: string, act: () => Promise<void>): Promise<number> {
  const before = measured(code, name).length;
  await act();
  await until(() => measured(code, name).length > before, `nothing was measured of "${name}"`, 120);
  return measured(code, name)[before];
}

async function firstMask(
  window: Workbench,
  point: { x: number; y: number },
): Promise<[MaskletEditor, Figure]> {
  const started = performance.now();
  await window.openFile('clip.mp4');
  const editor = await window.masklet();
  await editor.click(point.x, point.y, SIZE);
  await editor.waitForMask();
  const ms = performance.now() - started;
  return [editor, { what: 'from opening to the first mask', ms, target: 12_000 }];
}

/**
 * Clicks on an encoded frame: what the click takes beyond the decoder's own run for the same click. They lie apart: a click
 * on a point there already takes hold of it.
 */
async function clicks(code: VsCode, editor: MaskletEditor, point: { x: number; y: number }): Promise<Figure> {
  const beyond: number[] = [];
  for (let n = 0; n < CLICKS; n++) {
    const decodes = measured(code, 'decode').length;
    const click = await measuring(code, 'click', () =>
      editor.click(point.x + 30 * ((n % 3) - 1), point.y + (n < 3 ? -20 : 20), SIZE),
    );
    beyond.push(click - measured(code, 'decode')[decodes]);
  }
  return { what: 'click to painted mask beyond the decoder, median', ms: median(beyond), target: 80 };
}

async function steps(code: VsCode, window: Workbench, editor: MaskletEditor): Promise<Figure> {
  await editor.focus();
  const times: number[] = [];
  // The first time around fills the cache.
  for (let n = 0; n < 2 * STEPS; n++) {
    const key = Math.floor(n / (FRAMES - 1)) % 2 === 0 ? 'ArrowRight' : 'ArrowLeft';
    const ms = await measuring(code, 'step', () => window.page.keyboard.press(key));
    if (n >= STEPS) times.push(ms);
  }
  return { what: 'step to a cached frame, median', ms: median(times), target: 33 };
}

async function propagation(code: VsCode, editor: MaskletEditor): Promise<Figure> {
  await editor.goTo(0);
  // A task that is too long on purpose: "none" is worth nothing where none would be seen.
  const provoked = await measuring(code, 'longtask', async () => {
    await editor.frame.evaluate(
      'setTimeout(() => { const end = performance.now() + 80; while (performance.now() < end); })',
    );
  });
  if (provoked < 80) throw new Error(`A task of 80 ms was measured as ${provoked} ms.`);
  const before = measured(code, 'longtask').length;
  await editor.press('p');
  await editor.waitForPropagation();
  await editor.waitUntilDone(300_000);
  const tasks = measured(code, 'longtask').slice(before);
  return { what: 'longest task of the webview during propagation', ms: Math.max(0, ...tasks), target: 50 };
}

async function large(): Promise<void> {
  const figures = await measureLarge();
  if (!figures) return;
  const { scrolling, idle, longestTask } = figures;
  const line = (what: string, value: string, target: string, met: boolean): void =>
    console.log(`${what.padEnd(52)}${value.padStart(7)}   target ${target}${met ? '' : '  missed'}`);
  console.log('\n100 objects on 20,000 frames, the page alone in Chromium\n');
  // Where the machine refreshes less often than the target by itself, it cannot be met.
  const target = Math.min(50, 0.9 * idle);
  line('refreshes a second while lanes are scrolled', scrolling.toFixed(0), '50', scrolling >= target);
  line('the same while nothing happens', idle.toFixed(0), '-', true);
  line(
    'longest task while 5 objects are propagated',
    `${longestTask.toFixed(0)} ms`,
    '50 ms',
    longestTask <= 50,
  );
}

async function main(): Promise<void> {
  await large();
  const missing = missingPart();
  if (missing) {
    console.log(`bench:ui cannot run here: ${missing}.`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'masklet-bench-'));
  const clip = await makeClip(folder, FRAMES, SIZE);
  const workspace = workspaceWith([clip.video]);
  const settings = { 'files.autoSave': 'off' };
  const code = await VsCode.start({ workspace, settings, logLevel: 'debug' });
  try {
    const window = await code.open();
    const [editor, first] = await firstMask(window, clip.point);
    const figures = [
      first,
      await clicks(code, editor, clip.point),
      await steps(code, window, editor),
      await propagation(code, editor),
    ];
    console.log(
      `\n${SIZE.width}x${SIZE.height}, ${FRAMES} frames, sam2-tiny-embedded, VS Code in Chromium\n`,
    );
    for (const { what, ms, target } of figures) {
      const verdict = ms <= target ? '' : '  missed';
      console.log(`${what.padEnd(52)}${ms.toFixed(0).padStart(7)} ms   target ${target} ms${verdict}`);
    }
    console.log(`\nthe decoder's own run, median: ${median(measured(code, 'decode')).toFixed(0)} ms`);
  } finally {
    await code.stop();
    for (const path of [folder, workspace]) rmSync(path, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
