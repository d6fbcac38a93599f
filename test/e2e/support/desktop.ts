import { spawnSync } from 'node:child_process';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import type { Application, ApplicationOptions, WindowOptions } from './application';

/**
 * The program of a desktop VS Code to test in; undefined: the one in the browser is tested. `npm run test:electron` sets it
 * (MASKLET_VSCODE_DESKTOP), together with the program that installs extensions (MASKLET_VSCODE_CLI).
 */
export function desktopProgram(): string | undefined {
  return process.env.MASKLET_VSCODE_DESKTOP;
}

/** A desktop VS Code, one process a window. */
export class DesktopVsCode implements Application {
  private readonly running = new Map<Page, ElectronApplication>();

  private constructor(
    private readonly program: string,
    private readonly options: ApplicationOptions,
  ) {}

  static start(program: string, options: ApplicationOptions): DesktopVsCode {
    const { userData, extensions, vsix, env } = options;
    const cli = process.env.MASKLET_VSCODE_CLI ?? program;
    const folders = ['--user-data-dir', userData, '--extensions-dir', extensions];
    const { status, stderr } = spawnSync(cli, [...folders, '--install-extension', vsix], {
      env,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });
    if (status !== 0) throw new Error(`The extension could not be installed: ${stderr}`);
    return new DesktopVsCode(program, options);
  }

  async window({ workspace, size }: WindowOptions): Promise<Page> {
    const { userData, extensions, trustAll, logLevel, env } = this.options;
    const application = await _electron.launch({
      executablePath: this.program,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-updates',
        '--skip-welcome',
        '--skip-release-notes',
        ...(trustAll ? ['--disable-workspace-trust'] : []),
        ...(logLevel ? ['--log', logLevel] : []),
        `--user-data-dir=${userData}`,
        `--extensions-dir=${extensions}`,
        ...(workspace === undefined ? ['--new-window'] : [workspace]),
      ],
      env: Object.fromEntries(
        Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
      ),
    });
    const page = await application.firstWindow();
    await page.setViewportSize(size);
    this.running.set(page, application);
    return page;
  }

  async close(page: Page): Promise<void> {
    await this.running.get(page)?.close();
    this.running.delete(page);
  }

  async stop(): Promise<void> {
    for (const page of [...this.running.keys()]) await this.close(page);
  }
}
