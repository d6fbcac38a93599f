import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Page } from 'playwright-core';
import { packageRoot } from '../../../kernel/runtime/paths';
import type { Application } from './application';
import { DesktopVsCode, desktopProgram } from './desktop';
import { ServedVsCode, missingServer } from './server';
import { Workbench } from './workbench';

/** Why the tests cannot run here; undefined where they can. */
export function missingPart(): string | undefined {
  return desktopProgram() === undefined ? missingServer() : undefined;
}

/** The VSIX that `npm run package` built. */
function vsix(): string {
  const folder = join(packageRoot(), 'out', 'package');
  const name = existsSync(folder)
    ? readdirSync(folder).find((file) => file.endsWith(`-${process.platform}-${process.arch}.vsix`))
    : undefined;
  if (!name) throw new Error('There is no VSIX: run `npm run package` first.');
  return join(folder, name);
}

export interface VsCodeOptions {
  /** The folder of its windows; undefined: windows without a folder. */
  readonly workspace?: string;
  readonly settings?: Record<string, unknown>;
  /** The user's own key bindings. */
  readonly keybindings?: readonly {
    readonly key: string;
    readonly command: string;
    readonly when?: string;
  }[];
  /** Ask about the workspace instead of trusting it. */
  readonly restricted?: boolean;
  readonly logLevel?: 'debug';
}

/** A real VS Code with the installed VSIX. */
export class VsCode {
  private constructor(
    private readonly application: Application,
    private readonly home: string,
    private readonly workspace: string | undefined,
  ) {}

  static async start({
    workspace,
    settings = {},
    keybindings = [],
    restricted = false,
    logLevel,
  }: VsCodeOptions): Promise<VsCode> {
    const home = mkdtempSync(join(tmpdir(), 'masklet-vscode-'));
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
      // Files are deleted for good: there is no trash everywhere, and VS Code would ask about that.
      'files.enableTrash': false,
      'explorer.confirmDelete': false,
      'explorer.confirmDragAndDrop': false,
      'files.simpleDialog.enable': true,
      'masklet.executionProviders': ['cpu'],
      ...settings,
    };
    writeFileSync(join(user, 'settings.json'), JSON.stringify(own, null, 2));
    writeFileSync(join(user, 'keybindings.json'), JSON.stringify(keybindings, null, 2));
    const options = {
      userData: join(home, 'data'),
      extensions: join(home, 'extensions'),
      vsix: vsix(),
      trustAll: !restricted,
      ...(logLevel ? { logLevel } : {}),
      env: { ...process.env, MASKLET_TEST_HOME: home },
    };
    const program = desktopProgram();
    const application =
      program === undefined ? await ServedVsCode.start(options) : DesktopVsCode.start(program, options);
    return new VsCode(application, home, workspace);
  }

  /** A window on the workspace, once it knows its extensions. */
  async open(size = { width: 1400, height: 900 }): Promise<Workbench> {
    const page = await this.application.window({ workspace: this.workspace, size });
    const workbench = new Workbench(page);
    await workbench.waitUntilReady();
    return workbench;
  }

  async close({ page }: { readonly page: Page }): Promise<void> {
    await this.application.close(page);
  }

  /** Changes the colours of its windows, which follow the settings file. */
  setTheme(theme: string): void {
    const file = join(this.home, 'data', 'User', 'settings.json');
    const settings = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    writeFileSync(file, JSON.stringify({ ...settings, 'workbench.colorTheme': theme }, null, 2));
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

  /** Ids of the processes of this VS Code whose command line matches. */
  processes(pattern: RegExp): number[] {
    const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return all.map(Number).filter((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
        return pattern.test(line) && environment.includes(this.home);
      } catch {
        return false;
      }
    });
  }

  get kernels(): number[] {
    return this.processes(/kernel\/main\.cjs/);
  }

  async stop(): Promise<void> {
    await this.application.stop();
    for (const pid of this.processes(/./)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended already.
      }
    }
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** A workspace with copies of these files. */
export function workspaceWith(files: readonly string[]): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'masklet-ws-')));
  for (const file of files) cpSync(file, join(folder, basename(file)));
  return folder;
}
