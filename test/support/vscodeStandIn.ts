/**
 * The few parts of VS Code's API that a document needs, for tests that cannot run in VS Code: `vscode` stands for this
 * file there (vitest.config.mts).
 */
import { join } from 'node:path';

type Listener<T> = (value: T) => unknown;

export class EventEmitter<T> {
  private readonly listeners = new Set<Listener<T>>();

  readonly event = (listener: Listener<T>): { dispose(): void } => {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  };

  fire(value: T): void {
    for (const listener of [...this.listeners]) listener(value);
  }

  dispose(): void {
    this.listeners.clear();
  }
}

export class Uri {
  readonly scheme = 'file';
  readonly authority = '';

  private constructor(readonly path: string) {}

  static file(path: string): Uri {
    return new Uri(path);
  }

  static joinPath(uri: Uri, ...parts: string[]): Uri {
    return new Uri(join(uri.path, ...parts));
  }

  get fsPath(): string {
    return this.path;
  }

  toString(): string {
    return `file://${this.path}`;
  }
}

/** What `getConfiguration` knows, by its full name; for tests to fill. */
export const settings = new Map<string, unknown>();

export const workspace = {
  isTrusted: true,
  getWorkspaceFolder: () => undefined,
  getConfiguration: (section: string) => ({
    get: (name: string, byDefault?: unknown) => settings.get(`${section}.${name}`) ?? byDefault,
  }),
};

/** What the user answers to messages, in turn; then what was asked. */
export const answers: (string | undefined)[] = [];
export const asked: string[] = [];

function answer(message: string, ...more: readonly (string | object)[]): Promise<string | undefined> {
  asked.push([message, ...more.filter((one) => typeof one === 'string')].join(' | '));
  return Promise.resolve(answers.shift());
}

export const window = {
  state: { focused: true },
  showInformationMessage: answer,
  showWarningMessage: answer,
  createOutputChannel: () => ({
    info: () => undefined,
    warn: () => undefined,
    error: (message: string) => console.error(message),
  }),
};

export const l10n = {
  t: (text: string, ...values: readonly (string | number)[]) =>
    text.replace(/\{(\d+)\}/g, (_, n: string) => String(values[Number(n)])),
};
