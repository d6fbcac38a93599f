import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Frame, Page } from 'playwright-core';
import { packageRoot } from '../../../kernel/paths';
import { findChromium, launchChromium } from '../../support/chromium';

function codeServer(): string {
  return join(packageRoot(), 'test', 'e2e', 'node_modules', 'code-server', 'out', 'node', 'entry.js');
}

/** Why the tests cannot run here; undefined where they can. */
export function missingPart(): string | undefined {
  if (!findChromium()) return 'no Chromium (CHROME_PATH, or the package "chromium")';
  if (!existsSync(codeServer())) return 'no VS Code (npm ci in test/e2e)';
  return undefined;
}

/** The VSIX that `npm run package` built. */
function vsix(): string {
  const folder = join(packageRoot(), 'out', 'package');
  const name = existsSync(folder) ? readdirSync(folder).find((file) => file.endsWith('.vsix')) : undefined;
  if (!name) throw new Error('There is no VSIX: run `npm run package` first.');
  return join(folder, name);
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

export interface VsCodeOptions {
  readonly workspace: string;
  readonly settings?: Record<string, unknown>;
  /** Ask about the workspace instead of trusting it. */
  readonly restricted?: boolean;
}

/** A real VS Code with the installed VSIX, served to a real browser: an extension host as over Remote SSH. */
export class VsCode {
  private browser: Browser | undefined;

  private constructor(
    private readonly server: ChildProcess,
    private readonly home: string,
    readonly url: string,
  ) {}

  static async start({ workspace, settings = {}, restricted = false }: VsCodeOptions): Promise<VsCode> {
    const home = mkdtempSync(join(tmpdir(), 'masklet-vscode-'));
    const extensions = join(home, 'extensions');
    const user = join(home, 'data', 'User');
    mkdirSync(user, { recursive: true });
    const own = {
      'workbench.startupEditor': 'none',
      'telemetry.telemetryLevel': 'off',
      'update.mode': 'none',
      'extensions.autoCheckUpdates': false,
      'git.openRepositoryInParentFolders': 'never',
      'security.workspace.trust.enabled': restricted,
      'security.workspace.trust.startupPrompt': 'never',
      'workbench.tips.enabled': false,
      'chat.commandCenter.enabled': false,
      'chat.disableAIFeatures': true,
      'workbench.secondarySideBar.defaultVisibility': 'hidden',
      'masklet.executionProviders': ['cpu'],
      ...settings,
    };
    writeFileSync(join(user, 'settings.json'), JSON.stringify(own, null, 2));
    const folders = ['--user-data-dir', join(home, 'data'), '--extensions-dir', extensions];
    execFileSync(process.execPath, [codeServer(), ...folders, '--install-extension', vsix()], {
      stdio: 'pipe',
    });
    const port = await freePort();
    const server = spawn(
      process.execPath,
      [
        codeServer(),
        ...folders,
        ...['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`],
        ...['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'],
        ...(restricted ? [] : ['--disable-workspace-trust']),
      ],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, VSCODE_PROXY_URI: '' }, detached: true },
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
    return new VsCode(server, home, `http://127.0.0.1:${port}/?folder=${encodeURIComponent(workspace)}`);
  }

  /** A window on the workspace. */
  async open(size = { width: 1400, height: 900 }): Promise<Workbench> {
    this.browser ??= await launchChromium(findChromium());
    const context = await this.browser.newContext({ viewport: size });
    const page = await context.newPage();
    await page.goto(this.url);
    await page.waitForSelector('.monaco-workbench .explorer-folders-view', { timeout: 90_000 });
    const workbench = new Workbench(page, context);
    await workbench.waitForExtension();
    return workbench;
  }

  /** The text of the extension's own log. */
  extensionLog(): string {
    const logs = join(this.home, 'data', 'logs');
    if (!existsSync(logs)) return '';
    return readdirSync(logs, { recursive: true })
      .map(String)
      .filter((file) => file.endsWith('Masklet.log'))
      .map((file) => readFileSync(join(logs, file), 'utf8'))
      .join('\n');
  }

  /** Process ids of the kernels that run below this VS Code. */
  processes(pattern: RegExp): number[] {
    const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return all.map(Number).filter((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
        return pattern.test(line) && (line.includes(this.home) || environment.includes(this.home));
      } catch {
        return false;
      }
    });
  }

  async stop(): Promise<void> {
    await this.browser?.close();
    if (this.server.pid !== undefined) {
      try {
        process.kill(-this.server.pid, 'SIGKILL');
      } catch {
        // It has ended already.
      }
    }
    for (const pid of this.processes(/kernel\/main\.cjs/)) process.kill(pid, 'SIGKILL');
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** What a user sees: the workbench, and the Masklet editor in it. */
export class Workbench {
  constructor(
    readonly page: Page,
    private readonly context: BrowserContext,
  ) {}

  /** A window knows its extensions a moment after it is drawn. */
  async waitForExtension(): Promise<void> {
    await this.findCommand('Masklet: Doctor', 40);
    await this.page.keyboard.press('Escape');
  }

  /** Brings a command up in the palette. The workbench moves the focus about while it starts: so more than once. */
  private async findCommand(title: string, attempts: number): Promise<void> {
    const input = this.page.locator('.quick-input-widget input').first();
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first();
    for (let attempt = 0; attempt < attempts; attempt++) {
      try {
        await this.page.keyboard.press('F1');
        await input.fill(`>${title}`, { timeout: 1_500 });
        await row.waitFor({ timeout: 1_500 });
        return;
      } catch {
        await this.page.keyboard.press('Escape');
      }
    }
    throw new Error(`The palette has no command "${title}".`);
  }

  /** Opens a file as a double click in the Explorer does. */
  async openFile(name: string): Promise<void> {
    const row = this.page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).last();
    const tab = this.page.locator('.tab', { hasText: name }).first();
    // The Explorer may be drawing itself anew just now, and lose a click.
    for (let attempt = 0; attempt < 5; attempt++) {
      await this.page.locator('.quick-input-widget').first().waitFor({ state: 'hidden' });
      await row.dblclick();
      const opened = await tab.waitFor({ timeout: 5_000 }).then(
        () => true,
        () => false,
      );
      if (opened) return;
    }
    throw new Error(`${name} does not open.`);
  }

  /** Runs a command of the palette by its title. */
  async command(title: string): Promise<void> {
    await this.findCommand(title, 8);
    await this.page.keyboard.press('Enter');
  }

  /** The frame that the editor's own page lives in, once it shows something. */
  async editor(n = 0): Promise<Frame> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      const found: Frame[] = [];
      for (const frame of this.page.frames()) {
        if (!frame.url().includes('fake.html') && !frame.url().includes('webview')) continue;
        if (
          await frame
            .locator('#root canvas')
            .count()
            .catch(() => 0)
        )
          found.push(frame);
      }
      if (found.length > n) return found[n];
      if (Date.now() > deadline) throw new Error('The editor did not come up.');
      await this.page.waitForTimeout(200);
    }
  }

  /** True while the tab in front shows unsaved changes. */
  async isDirty(): Promise<boolean> {
    return (await this.page.locator('.tab.active.dirty').count()) > 0;
  }

  async screenshot(name: string): Promise<void> {
    const folder = join(packageRoot(), 'out', 'screenshots');
    mkdirSync(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}

/** A workspace with copies of these files. */
export function workspaceWith(files: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'masklet-ws-'));
  for (const file of files) cpSync(file, join(folder, file.split('/').at(-1) ?? file));
  return folder;
}
