import { randomBytes, timingSafeEqual } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { LONGEST_LINE, type WindowAnswer, type WindowRequest } from '../../kernel/client/windowSocket';
import { MaskletError, toErrorData } from '../../shared/protocol/errors';

/** A connection that says nothing for this long is none. */
const SILENCE_MS = 10_000;

/** Where a window listens, and what proves that a request comes from one of its terminals. */
export interface WindowAddress {
  readonly address: string;
  readonly token: string;
}

type Open = (request: Omit<WindowRequest, 'token'>) => Promise<void>;

/** Listens to `masklet open` in this window's terminals. */
export class WindowServer {
  private readonly server: Server;

  private constructor(
    readonly at: WindowAddress,
    private readonly open: Open,
  ) {
    this.server = createServer((socket) => this.converse(socket));
  }

  /**
   * @param open carries a request out; what it throws is told in the terminal.
   * @param before where this window listened before it was loaded anew: its terminals may have outlived that.
   * @throws where the system gives no socket
   */
  static async start(open: Open, before?: WindowAddress): Promise<WindowServer> {
    if (before && (await isFree(before.address))) {
      const server = await new WindowServer(before, open).listen().catch(() => undefined);
      if (server) return server;
    }
    return await new WindowServer(newAddress(), open).listen();
  }

  dispose(): void {
    this.server.close();
    if (process.platform !== 'win32') rmSync(dirname(this.at.address), { recursive: true, force: true });
  }

  private listen(): Promise<this> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.at.address, () => resolve(this));
    });
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
    const [given, own] = [Buffer.from(token), Buffer.from(this.at.token)];
    return given.length === own.length && timingSafeEqual(given, own);
  }
}

function newAddress(): WindowAddress {
  const token = randomBytes(32).toString('hex');
  if (process.platform !== 'win32') return { address: join(privateFolder(), 'window.sock'), token };
  return { address: `\\\\.\\pipe\\masklet-${randomBytes(16).toString('hex')}`, token };
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

/** True where nobody listens, and the folder is this user's alone. */
async function isFree(address: string): Promise<boolean> {
  // A pipe that is taken says so itself.
  if (process.platform === 'win32') return true;
  const folder = dirname(address);
  try {
    mkdirSync(folder, { mode: 0o700 });
    return true;
  } catch {
    const found = lstatSync(folder, { throwIfNoEntry: false });
    const own = found?.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o777) === 0o700;
    if (!own || (await isListening(address))) return false;
    rmSync(address, { force: true });
    return true;
  }
}

function isListening(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(address);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

function refusal(why: string): MaskletError {
  return new MaskletError('input/invalid', `The window refused the request: ${why}.`);
}
