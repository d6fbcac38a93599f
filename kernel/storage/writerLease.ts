import { randomUUID } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import { MaskletError } from '../../shared/protocol/errors';
import type { WriterInfo } from '../../shared/protocol/session';
import { processStart, stateOfProcess } from './liveProcess';

/** A writer on another host that has been silent for this long is taken to be gone. */
export const STALE_AFTER_MS = 60_000;
/** How often a writer says that it is still there. */
export const HEARTBEAT_MS = 10_000;

/** Who we are and what time it is: replaced in tests. */
export interface LeaseEnvironment {
  readonly host: string;
  readonly pid: number;
  now(): number;
}

interface WriterRow {
  readonly token: string;
  readonly pid: number;
  readonly process_start: string | null;
  readonly host: string;
  readonly holder: string;
  readonly since: string;
  readonly heartbeat: number;
}

/** The right to write one clip: a row that its holder keeps fresh and removes at the end. */
export interface Lease {
  readonly token: string;
}

/**
 * Takes the lease, also from a writer that is gone. To be called inside a transaction that holds the write lock.
 * @returns the lease, or who holds it.
 */
export function acquireLease(
  db: Database,
  video: number,
  holder: string,
  environment: LeaseEnvironment,
): Lease | WriterInfo {
  const current = liveWriter(db, video, environment);
  if (current) return current;
  const token = randomUUID();
  const now = environment.now();
  db.prepare(
    `INSERT OR REPLACE INTO writers (video, token, pid, process_start, host, holder, since, heartbeat)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    video,
    token,
    environment.pid,
    processStart(environment.pid),
    environment.host,
    holder,
    new Date(now).toISOString(),
    now,
  );
  return { token };
}

/** Who writes this clip now, if anybody. */
export function liveWriter(
  db: Database,
  video: number,
  environment: LeaseEnvironment,
): WriterInfo | undefined {
  const row = db.prepare<[number], WriterRow>('SELECT * FROM writers WHERE video = ?').get(video);
  if (!row || !isAlive(row, environment)) return undefined;
  return { pid: row.pid, host: row.host, holder: row.holder, since: row.since };
}

/** @returns false where the lease went to somebody else, for example while this machine slept. */
export function holdsLease(db: Database, video: number, lease: Lease): boolean {
  const token = db.prepare<[number], string>('SELECT token FROM writers WHERE video = ?').pluck().get(video);
  return token === lease.token;
}

/** Says that the writer is still there. */
export function renewLease(db: Database, video: number, lease: Lease, environment: LeaseEnvironment): void {
  db.prepare('UPDATE writers SET heartbeat = ? WHERE video = ? AND token = ?').run(
    environment.now(),
    video,
    lease.token,
  );
}

export function releaseLease(db: Database, video: number, lease: Lease): void {
  db.prepare('DELETE FROM writers WHERE video = ? AND token = ?').run(video, lease.token);
}

export function writerElsewhere(video: string, writer: WriterInfo | undefined): MaskletError {
  const who = writer
    ? `${writer.holder} (process ${writer.pid} on ${writer.host}, since ${writer.since})`
    : 'another program';
  return new MaskletError('storage/writer-elsewhere', `${video} is being written by ${who}.`, {
    file: video,
    hint: 'Close it there, then open the video here again.',
  });
}

function isAlive(row: WriterRow, environment: LeaseEnvironment): boolean {
  // A clock that is ahead must not keep a clip for ever: a heartbeat to come is as stale as one long past.
  const fresh = Math.abs(environment.now() - row.heartbeat) <= STALE_AFTER_MS;
  // Our own process lives, but the thread that held the lease may have died: only its heartbeat tells.
  if (row.host !== environment.host || row.pid === environment.pid) return fresh;
  const state = stateOfProcess(row.pid, row.process_start);
  return state === 'running' || (state === 'stopped' && fresh);
}
