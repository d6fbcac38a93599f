import type { ChildProcess } from 'node:child_process';
import {
  IPCMessageReader,
  IPCMessageWriter,
  createMessageConnection,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import type { ProtocolVersion } from '../../shared/protocol/kernel';

/** What both ends say in their hello. */
export const PROTOCOL_VERSION: ProtocolVersion = 1;

/** JSON-RPC over a forked child's IPC channel, whose `advanced` serialization carries Uint8Array as it is. */
export function ipcConnection(end: ChildProcess | NodeJS.Process): MessageConnection {
  const process = end as NodeJS.Process;
  return createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
}

/** The method under which progress travels, as `{token, value}`. */
export const PROGRESS = '$/masklet/progress';

export interface ProgressMessage {
  readonly token: number;
  readonly value: unknown;
}

/** Events travel as notifications of this prefix. */
export const EVENT_PREFIX = 'event/';
