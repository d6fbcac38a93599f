import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page, PageScreenshotOptions } from 'playwright-core';
import sharp from 'sharp';
import type {
  DocumentState,
  FromWebview,
  HostMethod,
  HostRequests,
  ToWebview,
  ViewState,
} from '../../shared/protocol/editor';
import type { MaskView } from '../../shared/domain/annotations';
import { ACTION_IDS } from '../../shared/actions';
import { EDIT_METHODS, type EditMethod } from '../../shared/edits';
import { withChanged } from '../../shared/protocol/changed';
import { packageRoot } from '../../kernel/runtime/paths';
import { answerTo, type ShortAnswer } from './scriptedEdits';
import { type ThemeName, THEMES, themeStyle } from './webviewThemes';

const BUNDLE = join(packageRoot(), 'dist', 'webview');
const ORIGIN = 'http://webview.test';
const NONCE = 'test';

/** As the extension's own, so that what it forbids is found here. */
const CONTENT_SECURITY_POLICY = [
  `default-src 'none'`,
  `img-src ${ORIGIN} blob: data:`,
  `style-src ${ORIGIN} 'nonce-${NONCE}'`,
  `script-src 'nonce-${NONCE}'`,
  `font-src ${ORIGIN}`,
].join('; ');

export type RequestOf<M extends HostMethod> = {
  readonly id: number;
  readonly method: M;
  readonly params: HostRequests[M][0];
};
/** Edits are answered in short: the harness makes the whole answer of it. */
type Answer<M extends HostMethod> = M extends EditMethod ? ShortAnswer : HostRequests[M][1];
type Answers = {
  [M in HostMethod]?: (params: HostRequests[M][0]) => Answer<M> | Promise<Answer<M>>;
};

export interface EditorOptions {
  readonly state: DocumentState;
  readonly view?: ViewState | undefined;
  /** What VS Code kept of an earlier life. */
  readonly kept?: unknown;
  readonly answers?: Answers | undefined;
  readonly theme?: ThemeName | undefined;
  readonly size?: { readonly width: number; readonly height: number } | undefined;
  readonly devicePixelRatio?: number;
}

/** A refusal, to be thrown by an answer. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

/** The real bundle in a real page under the real policy, with a scripted host. */
export class EditorHarness {
  /** Everything the webview said, in order. */
  readonly messages: FromWebview[] = [];
  /** What must not happen: script errors, refused content, errors it logged. */
  readonly complaints: string[] = [];
  private readonly held = new Set<HostMethod>();
  private readonly waiting: RequestOf<HostMethod>[] = [];
  private readonly listeners = new Set<() => void>();
  private readonly masks = new Map<number, readonly MaskView[]>();
  private state: DocumentState;
  /** With what edits changed since it was sent. */
  private shown: DocumentState;

  private constructor(
    readonly page: Page,
    private readonly options: EditorOptions,
  ) {
    this.state = options.state;
    this.shown = options.state;
  }

  static async open(browser: Browser, options: EditorOptions): Promise<EditorHarness> {
    const context = await browser.newContext({
      viewport: options.size ?? { width: 1000, height: 700 },
      deviceScaleFactor: options.devicePixelRatio ?? 1,
    });
    const page = await context.newPage();
    const harness = new EditorHarness(page, options);
    await harness.serve();
    await page.goto(`${ORIGIN}/`);
    return harness;
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  async send(message: ToWebview): Promise<void> {
    if (message.kind === 'state') this.state = this.shown = message.state;
    if (message.kind === 'masks') this.masks.set(message.frame, message.masks);
    await this.page.evaluate(`deliver(${JSON.stringify(bytesAsBase64(message))})`);
  }

  /** The host as it is, changed. */
  change(change: Partial<DocumentState>): Promise<void> {
    return this.send({ kind: 'state', state: { ...this.state, ...change } });
  }

  /** From now on requests of this kind wait for `release`. */
  hold(method: HostMethod): void {
    this.held.add(method);
  }

  /** Answers what waits, and holds no more. */
  async release(method: HostMethod): Promise<void> {
    this.held.delete(method);
    const ready = this.waiting.filter((request) => request.method === method);
    for (const request of ready) {
      this.waiting.splice(this.waiting.indexOf(request), 1);
      await this.answer(request);
    }
  }

  requests<M extends HostMethod>(method: M): RequestOf<M>[] {
    return this.messages.filter(
      (message): message is FromWebview & { kind: 'request' } =>
        message.kind === 'request' && message.method === method,
    ) as unknown as RequestOf<M>[];
  }

  abandoned(): number[] {
    return this.messages.flatMap((message) => (message.kind === 'abandon' ? [message.id] : []));
  }

  /** The newest view that the host was told of. */
  lastView(): ViewState | undefined {
    return this.messages.findLast((message) => message.kind === 'view')?.view;
  }

  /** Waits until the messages so far fulfil a condition; the test's own time limit bounds it. */
  async until<T>(condition: () => T | undefined | false): Promise<T> {
    for (;;) {
      const found = condition();
      if (found !== undefined && found !== false) return found;
      await new Promise<void>((resolve) => this.listeners.add(resolve));
    }
  }

  /** Waits for the n-th request of a kind, from 1. */
  nthRequest<M extends HostMethod>(method: M, n = 1): Promise<RequestOf<M>> {
    return this.until(() => this.requests(method)[n - 1]);
  }

  /** Waits until a colour is on the screen at a point of the page. */
  async untilColor(
    x: number,
    y: number,
    matches: (color: readonly [number, number, number]) => boolean,
  ): Promise<void> {
    while (!matches(await this.color(x, y))) await this.nextFrame();
  }

  /** The colour that is really on the screen. */
  async color(x: number, y: number): Promise<readonly [number, number, number]> {
    const png = await this.screenshot({ clip: { x, y, width: 1, height: 1 } });
    const { data } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    return [data[0], data[1], data[2]];
  }

  screenshot(options: PageScreenshotOptions = {}): Promise<Buffer> {
    // To hide the caret, Playwright would add a style that the policy refuses.
    return this.page.screenshot({ ...options, caret: 'initial' });
  }

  /** Where a point of the video is on the page while the picture is fitted. */
  async fittedPoint(x: number, y: number): Promise<{ x: number; y: number }> {
    const box = await this.stageBox();
    const { width, height } = this.state.video;
    const scale = Math.min((box.width - 24) / width, (box.height - 24) / height);
    return {
      x: box.x + box.width / 2 + (x - width / 2) * scale,
      y: box.y + box.height / 2 + (y - height / 2) * scale,
    };
  }

  async stageBox(): Promise<{ x: number; y: number; width: number; height: number }> {
    const box = await this.page.locator('.stage').boundingBox();
    if (!box) throw new Error('The stage is not shown.');
    return box;
  }

  /** Waits until the editor painted what it had to paint. */
  async nextFrame(): Promise<void> {
    await this.page.evaluate(
      'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))',
    );
  }

  private async serve(): Promise<void> {
    const { page, options } = this;
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
    await page.exposeFunction('toHost', (message: FromWebview) => this.receive(message));
    await page.exposeFunction('toVsCode', (key: string) => this.keyReachedVsCode(key));
    await page.addInitScript(PAGE_SIDE.replace('KEPT', JSON.stringify(options.kept ?? null)));
    await page.route(`${ORIGIN}/**`, (route) => {
      const { pathname } = new URL(route.request().url());
      if (pathname === '/')
        return route.fulfill({
          contentType: 'text/html',
          headers: { 'content-security-policy': CONTENT_SECURITY_POLICY },
          body: html(options.theme ?? 'dark'),
        });
      return route.fulfill({
        contentType: CONTENT_TYPES[pathname.slice(pathname.lastIndexOf('.'))] ?? 'application/octet-stream',
        body: readFileSync(join(BUNDLE, pathname)),
      });
    });
  }

  private async receive(message: FromWebview): Promise<void> {
    this.messages.push(message);
    if (message.kind === 'log') this.complaints.push(message.message);
    const listeners = [...this.listeners];
    this.listeners.clear();
    for (const listener of listeners) listener();
    if (message.kind === 'refresh') await this.send({ kind: 'state', state: this.state });
    if (message.kind === 'ready')
      await this.send({
        kind: 'state',
        state: this.state,
        ...(this.options.view && { view: this.options.view }),
      });
    if (message.kind !== 'request') return;
    const request = message as RequestOf<HostMethod>;
    if (this.held.has(request.method)) this.waiting.push(request);
    else await this.answer(request);
  }

  private async answer(request: RequestOf<HostMethod>): Promise<void> {
    const { id, method, params } = request;
    const answers: Answers = { ...this.defaults, ...this.options.answers };
    const answer = answers[method] as ((params: unknown) => unknown) | undefined;
    try {
      if (!answer) throw new Error(`The test's host has no answer to ${method}.`);
      const result = await answer(params);
      await this.send({
        kind: 'response',
        id,
        result: this.isEdit(request) ? this.edit(request, result) : result,
      });
    } catch (error) {
      const { message } = error as Error;
      const hint = error instanceof Refusal ? error.hint : undefined;
      await this.send({ kind: 'error', id, message, shown: false, ...(hint !== undefined && { hint }) });
    }
  }

  private isEdit(request: RequestOf<HostMethod>): request is RequestOf<EditMethod> {
    return EDIT_METHODS.some((method) => method === request.method);
  }

  private edit(request: RequestOf<EditMethod>, short: unknown): unknown {
    const asked = request as Parameters<typeof answerTo>[0];
    const changed = answerTo(asked, short as ShortAnswer, this.shown, (frame) => this.masks.get(frame) ?? []);
    this.shown = withChanged(this.shown, changed);
    for (const { frame, masks } of changed.masks ?? []) this.masks.set(frame, masks);
    return changed;
  }

  /** As VS Code does with the keys of a webview: looks for a key binding and runs its command. */
  private async keyReachedVsCode(key: string): Promise<void> {
    const binding = KEY_BINDINGS.get(key);
    const command = binding?.command.replace('masklet.', '');
    const action = ACTION_IDS.find((known) => known === command);
    if (action) await this.send({ kind: 'command', command: { command: 'action', action } });
    const object = command === 'selectObject' && this.state.objects[Number(binding?.args) - 1];
    if (object) await this.send({ kind: 'command', command: { command: 'selectObject', object: object.id } });
  }

  private readonly defaults: Answers = {
    'object/preview': () => null,
    'object/curve': () => ({ frames: [], area: [], score: [] }),
    'frame/image': ({ frame, maxDimension }) => {
      const { width, height } = this.state.video;
      return flatPicture(frame, width, height, maxDimension);
    },
    'frame/encode': () => null,
    'frame/masks': ({ frame }) => this.masks.get(frame) ?? [],
    'object/update': () => null,
    'object/move': () => ({ changed: true, frames: [] }),
    'object/remove': () => null,
    'object/clearPrompts': () => null,
    'object/verify': () => null,
    'propagate/cancel': () => null,
  };
}

/** The manifest's own, by key. */
const KEY_BINDINGS = new Map(
  (
    JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
      contributes: { keybindings: { key: string; command: string; args?: unknown }[] };
    }
  ).contributes.keybindings.map((binding) => [binding.key, binding]),
);

/** The part of the host that lives in the page: bytes travel as base64, since page functions take only JSON. */
const PAGE_SIDE = `
  let kept = KEPT;
  window.acquireVsCodeApi = () => ({
    postMessage: (message) => { toHost(JSON.parse(JSON.stringify(message))); },
    getState: () => kept ?? undefined,
    setState: (state) => { kept = state; },
  });
  window.keptState = () => kept;
  const NAMES = { ' ': 'space', '?': '/', '+': '=' };
  window.addEventListener('keydown', ({ key, shiftKey, ctrlKey, altKey, metaKey }) => {
    // Playwright types these without Shift.
    const shift = shiftKey || key === '?' || key === '+';
    const held = [ctrlKey && 'ctrl', shift && 'shift', altKey && 'alt', metaKey && 'meta'];
    const name = NAMES[key] ?? key.toLowerCase().replace('arrow', '');
    toVsCode([...held.filter(Boolean), name].join('+'));
  });
  const revive = (value) => {
    if (Array.isArray(value)) return value.map(revive);
    if (typeof value !== 'object' || value === null) return value;
    if ('$bytes' in value) return Uint8Array.from(atob(value.$bytes), (c) => c.charCodeAt(0));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revive(item)]));
  };
  window.deliver = (message) => { window.postMessage(revive(message), '*'); };
`;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.ttf': 'font/ttf',
  '.map': 'application/json',
};

function html(theme: ThemeName): string {
  const { bodyClass } = THEMES[theme];
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<style nonce="${NONCE}">:root { ${themeStyle(theme)} }</style>
<link rel="stylesheet" href="${ORIGIN}/editor.css">
</head>
<body class="${bodyClass}">
<div id="root"></div>
<script nonce="${NONCE}" src="${ORIGIN}/editor.js"></script>
</body>
</html>`;
}

function bytesAsBase64(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(bytesAsBase64);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, bytesAsBase64(item)]));
}

/** A colour that tells the frame: no two of the first 256 are alike. */
export function frameColor(frame: number): readonly [number, number, number] {
  return [40 + ((frame * 37) % 160), 60 + ((frame * 91) % 140), 90 + ((frame * 53) % 120)];
}

/** One flat colour, of the size that was asked for. */
export async function flatPicture(
  frame: number,
  width: number,
  height: number,
  maxDimension: number,
): Promise<HostRequests['frame/image'][1]> {
  const scale = Math.min(1, maxDimension / Math.max(width, height));
  const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
  const [r, g, b] = frameColor(frame);
  const data = await sharp({ create: { ...size, channels: 3, background: { r, g, b } } })
    .png()
    .toBuffer();
  return { data, ...size, mime: 'image/png' };
}
