import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { FromRenderer, PicturesOutput, TableOutput } from '../../shared/protocol/notebook';
import { THEMES, themeStyle, type ThemeName } from './webviewThemes';

const BUNDLE = join(import.meta.dirname, '../../dist/webview/notebook.js');
const ORIGIN = 'http://notebook.test';

/** As that of VS Code's page for outputs. */
const CONTENT_SECURITY_POLICY = [
  `default-src 'none'`,
  `script-src ${ORIGIN} 'unsafe-inline' 'unsafe-eval'`,
  `style-src ${ORIGIN} 'unsafe-inline'`,
  `img-src ${ORIGIN} https: http: data:`,
  `font-src ${ORIGIN}`,
].join('; ');

/** The real renderer in a real page, as VS Code loads it, with a scripted host. */
export class NotebookHarness {
  /** What the renderer asked of the extension, in order. */
  readonly messages: FromRenderer[] = [];
  /** What must not happen: script errors, refused content, errors it logged. */
  readonly complaints: string[] = [];

  private constructor(readonly page: Page) {}

  static async open(
    browser: Browser,
    { theme = 'dark', width = 900 }: { readonly theme?: ThemeName; readonly width?: number } = {},
  ): Promise<NotebookHarness> {
    const context = await browser.newContext({ viewport: { width, height: 700 } });
    const page = await context.newPage();
    const harness = new NotebookHarness(page);
    page.on('pageerror', (error) => harness.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') harness.complaints.push(message.text());
    });
    await page.exposeFunction('toHost', (message: FromRenderer) => void harness.messages.push(message));
    await page.route(`${ORIGIN}/**`, (route) =>
      route.request().url().endsWith('.js')
        ? route.fulfill({ contentType: 'text/javascript', body: readFileSync(BUNDLE) })
        : route.fulfill({
            contentType: 'text/html',
            headers: { 'content-security-policy': CONTENT_SECURITY_POLICY },
            body: html(theme),
          }),
    );
    await page.goto(`${ORIGIN}/`);
    await page.waitForFunction('window.show !== undefined');
    return harness;
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  /** Shows an output, or more of one that is shown. */
  async show(mime: string, output: TableOutput | PicturesOutput, id = 'output'): Promise<void> {
    await this.page.evaluate(`show(${JSON.stringify({ id, mime, output })})`);
  }

  /** Takes an output away, as VS Code does when its cell runs again. */
  async dispose(id = 'output'): Promise<void> {
    await this.page.evaluate(`renderer.disposeOutputItem(${JSON.stringify(id)})`);
  }
}

function html(theme: ThemeName): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<style>:root { ${themeStyle(theme)} } body { background: var(--vscode-editor-background); padding: 12px; }</style>
</head>
<body class="${THEMES[theme].bodyClass}">
<script type="module">
  import { activate } from '${ORIGIN}/notebook.js';
  window.renderer = activate({ postMessage: (message) => { toHost(JSON.parse(JSON.stringify(message))); } });
  window.show = ({ id, mime, output }) => {
    let element = document.getElementById(id);
    if (!element) {
      element = document.createElement('div');
      element.id = id;
      document.body.append(element);
    }
    window.renderer.renderOutputItem({ id, mime, json: () => output }, element);
  };
</script>
</body>
</html>`;
}
