import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { packageRoot } from '../../../kernel/runtime/paths';
import { findChromium, launchChromium } from '../../support/chromium';
import type { Application, ApplicationOptions, WindowOptions } from './application';

/** The newest VS Code, or the oldest with MASKLET_VSCODE=oldest. */
const oldest = process.env.MASKLET_VSCODE === 'oldest';
const modules = join(packageRoot(), 'test', 'e2e', ...(oldest ? ['oldest'] : []), 'node_modules');
/** The oldest one runs on a Node of its time. */
const node = oldest ? join(modules, '.bin', 'node') : process.execPath;

function codeServer(): string {
  return join(modules, 'code-server', 'out', 'node', 'entry.js');
}

/** Why there is no VS Code in a browser here; undefined where there is. */
export function missingServer(): string | undefined {
  if (!findChromium()) return 'no Chromium (CHROME_PATH, or the package "chromium")';
  if (!existsSync(codeServer())) return 'no VS Code (npm run test:full installs it)';
  return undefined;
}

/** A VS Code served to a browser: an extension host as over Remote SSH. */
export class ServedVsCode implements Application {
  private browser: Browser | undefined;

  private constructor(
    private readonly server: ChildProcess,
    private readonly address: string,
  ) {}

  static async start({
    userData,
    extensions,
    vsix,
    trustAll,
    logLevel,
    env,
  }: ApplicationOptions): Promise<ServedVsCode> {
    // The oldest one does not make it by itself.
    mkdirSync(extensions, { recursive: true });
    const folders = ['--user-data-dir', userData, '--extensions-dir', extensions];
    execFileSync(node, [codeServer(), ...folders, '--install-extension', vsix], { stdio: 'pipe' });
    const port = await freePort();
    const server = spawn(
      node,
      [
        codeServer(),
        ...folders,
        ...['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`],
        ...['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'],
        ...(trustAll ? ['--disable-workspace-trust'] : []),
        ...(logLevel ? ['--log', logLevel] : []),
      ],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...env, VSCODE_PROXY_URI: '' }, detached: true },
    );
    const log: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const take = (text: Buffer): void => {
        log.push(text.toString());
        if (text.toString().includes('HTTP server listening')) resolve();
      };
      server.stdout.on('data', take);
      server.stderr.on('data', take);
      server.on('exit', () => reject(new Error(`VS Code ended:\n${log.join('')}`)));
    });
    return new ServedVsCode(server, `http://127.0.0.1:${port}/`);
  }

  async window({ workspace, size }: WindowOptions): Promise<Page> {
    this.browser ??= await launchChromium(findChromium());
    const context = await this.browser.newContext({ viewport: size });
    const page = await context.newPage();
    const query = workspace === undefined ? 'ew=true' : `folder=${encodeURIComponent(workspace)}`;
    await page.goto(`${this.address}?${query}`);
    return page;
  }

  async close(page: Page): Promise<void> {
    await page.context().close();
  }

  async stop(): Promise<void> {
    await this.browser?.close();
    if (this.server.pid === undefined) return;
    try {
      process.kill(-this.server.pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  }
}

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
