import { createConnection } from 'node:net';
import { MaskletError, toErrorData } from '../../shared/protocol/errors';
import type { ErrorData } from '../../shared/protocol/errors';
import type { FrameIndex } from '../../shared/domain/video';
import type { ObjectId } from '../../shared/domain/annotations';

/**
 * The conversation between `masklet open` in a terminal of VS Code and the window of that terminal: one JSON line
 * there, one back, over a socket that only this user can reach.
 */

/** In the environment of a window's terminals: where the window listens, and what proves that one may ask. */
export const WINDOW_SOCKET = 'MASKLET_WINDOW';
export const WINDOW_TOKEN = 'MASKLET_WINDOW_TOKEN';

export interface WindowRequest {
  readonly token: string;
  /** Absolute. */
  readonly path: string;
  readonly frame?: FrameIndex;
  readonly object?: ObjectId;
}

export type WindowAnswer = { readonly ok: true } | { readonly ok: false; readonly error: ErrorData };

/** Longer lines are no requests. */
export const LONGEST_LINE = 64 * 1024;
const ANSWER_MS = 60_000;

/**
 * Asks a window to open a frame.
 * @returns false where no window listens there any more.
 * @throws MaskletError as the window refuses; `internal` where it does not answer.
 */
export async function askWindow(socket: string, request: WindowRequest): Promise<boolean> {
  const line = await exchange(socket, `${JSON.stringify(request)}\n`);
  if (line === undefined) return false;
  const answer = JSON.parse(line) as WindowAnswer;
  if (answer.ok) return true;
  throw MaskletError.fromData(answer.error);
}

/** Undefined where there is nobody to talk to. */
function exchange(socket: string, line: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const connection = createConnection(socket);
    let connected = false;
    let answer = '';
    connection.setEncoding('utf8');
    connection.setTimeout(ANSWER_MS, () => connection.destroy(new Error('VS Code does not answer')));
    connection.on('connect', () => {
      connected = true;
      connection.write(line);
    });
    connection.on('data', (text: string) => (answer += text));
    connection.on('error', (error) => {
      if (!connected) resolve(undefined);
      else reject(new MaskletError('internal', toErrorData(error).message));
    });
    connection.on('close', () => {
      const [first] = answer.split('\n');
      if (first === '') reject(new MaskletError('internal', 'The window of this terminal closed unasked.'));
      else resolve(first);
    });
  });
}
