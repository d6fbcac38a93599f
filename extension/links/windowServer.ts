import { randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { LONGEST_LINE, type WindowAnswer, type WindowRequest } from '../../kernel/client/windowSocket';
import { MaskletError, toErrorData } from '../../kernel/errors';

/** A connection that says nothing for this long is none. */
const SILENCE_MS = 10_000;

/** Listens to `masklet open` in this window's terminals. */
export class WindowServer {
  /** Proves that a request comes from one of this window's terminals. */
  readonly token = randomBytes(32).toString('hex');
  readonly address: string;
  private readonly folder: string | undefined;
  private readonly server: Server;

  /** @param open carries a request out; what it throws is told in the terminal. */
  constructor(private readonly open: (request: Omit<WindowRequest, 'token'>) => Promise<void>) {
    if (process.platform === 'win32') {
      this.address = `\\\\.\\pipe\\masklet-${randomBytes(16).toString('hex')}`;
    } else {
      this.folder = privateFolder();
      this.address = join(this.folder, 'window.sock');
    }
    this.server = createServer((socket) => this.converse(socket));
  }

  /** Resolves once terminals can be answered. @throws where the system gives no socket */
  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.address, resolve);
    });
  }

  dispose(): void {
    this.server.close();
    if (this.folder !== undefined) rmSync(this.folder, { recursive: true, force: true });
  }

  private converse(socket: Socket): void {
    let text = '';
    socket.setEncoding('utf8');
    // Whoever asked may have gone.
    socket.on('error', () => socket.destroy());
    socket.setTimeout(SILENCE_MS, () => socket.destroy());
    const take = (more: string): void => {
      text += more;
      const end = text.indexOf('\n');
      if (end < 0 && text.length > LONGEST_LINE) socket.destroy();
      if (end < 0) return;
      socket.off('data', take);
      // Opening a long video takes its time.
      socket.setTimeout(0);
      void this.answer(text.slice(0, end)).then((answer) => socket.end(`${JSON.stringify(answer)}\n`));
    };
    socket.on('data', take);
  }

  private async answer(line: string): Promise<WindowAnswer> {
    try {
      const { token: _proven, ...request } = this.parse(line);
      await this.open(request);
      return { ok: true };
    } catch (error) {
      return { ok: false, error: toErrorData(error) };
    }
  }

  /** @throws MaskletError `input/invalid` */
  private parse(line: string): WindowRequest {
    let data: unknown;
    try {
      data = JSON.parse(line);
    } catch {
      data = undefined;
    }
    const { token, path, frame, object } = (data ?? {}) as Partial<Record<keyof WindowRequest, unknown>>;
    if (typeof token !== 'string' || !this.proves(token))
      throw refusal('it does not come from one of its terminals');
    if (typeof path !== 'string' || !isAbsolute(path)) throw refusal('it names no file');
    if (frame !== undefined && !(Number.isSafeInteger(frame) && (frame as number) >= 0))
      throw refusal('it names no frame');
    if (object !== undefined && typeof object !== 'string') throw refusal('it names no object');
    return {
      token,
      path,
      ...(frame === undefined ? {} : { frame: frame as number }),
      ...(object === undefined ? {} : { object }),
    };
  }

  private proves(token: string): boolean {
    const [given, own] = [Buffer.from(token), Buffer.from(this.token)];
    return given.length === own.length && timingSafeEqual(given, own);
  }
}

/** Made with mode 0700, so that nobody else can reach what lies in it. */
function privateFolder(): string {
  const name = 'masklet-';
  try {
    return mkdtempSync(join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), name));
  } catch {
    // Not every system that names a folder for this has it.
    return mkdtempSync(join(tmpdir(), name));
  }
}

function refusal(why: string): MaskletError {
  return new MaskletError('input/invalid', `The window refused the request: ${why}.`);
}
