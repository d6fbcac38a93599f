import { randomUUID } from 'node:crypto';
import { link, open, rename, rm, stat, utimes } from 'node:fs/promises';
import { MaskletError, errnoOf } from '../../../shared/protocol/errors';
import { storageError } from '../../storage/storageError';
import { processHost, processStart, stateOfProcess } from '../../storage/liveProcess';
import { HEARTBEAT_MS, STALE_AFTER_MS } from '../../storage/writerLease';
import { MAX_BYTES, readRegular } from '../../../models/files/regularFile';

/** Who holds a clip, as its lease file says. */
export interface LeaseHolder {
  readonly token: string;
  readonly host: string;
  readonly pid: number;
  readonly start: string | null;
  readonly since: string;
}

/** Replaced in tests. */
export interface ClipLeaseEnvironment {
  readonly host: string;
  readonly pid: number;
  /** Milliseconds on a clock of this machine alone. */
  now(): number;
}

const HERE: ClipLeaseEnvironment = { host: processHost(), pid: process.pid, now: () => performance.now() };

/** What was seen of another's lease, and when it was first seen so. */
interface Sighting {
  readonly token: string;
  readonly beat: number;
  readonly since: number;
}

export type Claim =
  | { readonly kind: 'held'; readonly lease: ClipLease }
  | { readonly kind: 'taken'; readonly holder: LeaseHolder | undefined };

/**
 * Claims clips on a file system that several machines share. A lease is a file that is created exclusively and touched
 * every few seconds. It is taken over from a process of this machine that is gone, or where its heartbeat did not move for
 * a minute of our own clock: the clocks of machines are never compared.
 */
export class ClipLeases {
  private readonly sightings = new Map<string, Sighting>();

  constructor(private readonly environment: ClipLeaseEnvironment = HERE) {}

  /** @param file the lease's; its folder must exist. @throws MaskletError `storage/*` */
  async claim(file: string): Promise<Claim> {
    const created = await this.create(file);
    if (created) return { kind: 'held', lease: created };
    const found = await readLease(file);
    // Gone since.
    if (!found) return await this.claimOnceMore(file);
    const silentMs = this.silence(file, found);
    if (!this.isGone(found.holder, silentMs)) return { kind: 'taken', holder: found.holder };
    if (await removeLease(file, found.token)) return await this.claimOnceMore(file);
    return { kind: 'taken', holder: found.holder };
  }

  /** For how long a lease's heartbeat has not been seen to move; undefined where there is no lease. */
  async look(file: string): Promise<number | undefined> {
    const found = await readLease(file);
    return found && this.silence(file, found);
  }

  private async claimOnceMore(file: string): Promise<Claim> {
    const lease = await this.create(file);
    return lease ? { kind: 'held', lease } : { kind: 'taken', holder: undefined };
  }

  private async create(file: string): Promise<ClipLease | undefined> {
    const { host, pid } = this.environment;
    const holder: LeaseHolder = {
      token: randomUUID(),
      host,
      pid,
      start: processStart(pid),
      since: new Date().toISOString(),
    };
    try {
      const handle = await open(file, 'wx');
      try {
        await handle.writeFile(`${JSON.stringify(holder)}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return undefined;
      throw storageError(file, String(error), error);
    }
    this.sightings.delete(file);
    return new ClipLease(file, holder.token);
  }

  /** For how long the heartbeat has stood still, as far as was seen from here. */
  private silence(file: string, { token, beat }: FoundLease): number {
    const now = this.environment.now();
    const seen = this.sightings.get(file);
    if (seen?.token === token && seen.beat === beat) return now - seen.since;
    this.sightings.set(file, { token, beat, since: now });
    return 0;
  }

  private isGone(holder: LeaseHolder | undefined, silentMs: number): boolean {
    if (silentMs > STALE_AFTER_MS) return true;
    if (holder?.host !== this.environment.host) return false;
    return stateOfProcess(holder.pid, holder.start) === 'gone';
  }
}

/** The right to work on a clip, kept fresh until it is released. */
export class ClipLease {
  private readonly heartbeat: NodeJS.Timeout;

  constructor(
    private readonly file: string,
    private readonly token: string,
  ) {
    this.heartbeat = setInterval(() => void this.beat(), HEARTBEAT_MS);
    this.heartbeat.unref();
  }

  /** @throws MaskletError `storage/writer-elsewhere` where it was taken over, for example while this machine slept. */
  async assertHeld(): Promise<void> {
    if ((await readLease(this.file))?.token === this.token) return;
    throw new MaskletError('storage/writer-elsewhere', `${this.file} was taken over by another worker.`, {
      file: this.file,
      hint: 'Nothing was written; the other worker does this clip.',
    });
  }

  async release(): Promise<void> {
    clearInterval(this.heartbeat);
    if ((await readLease(this.file))?.token === this.token) await rm(this.file, { force: true });
  }

  private async beat(): Promise<void> {
    const now = new Date();
    // Whoever took it over has a file of their own: it is not touched for them.
    if ((await readLease(this.file))?.token === this.token) {
      await utimes(this.file, now, now).catch(() => undefined);
    }
  }
}

interface FoundLease {
  readonly token: string;
  /** Changes with every heartbeat. */
  readonly beat: number;
  readonly holder: LeaseHolder | undefined;
}

/** Undefined where there is none. A lease that is just being written has no holder yet. */
async function readLease(file: string): Promise<FoundLease | undefined> {
  try {
    const { mtimeMs } = await stat(file);
    const text = (await readRegular(file, MAX_BYTES.small)).toString('utf8');
    const holder = parseHolder(text);
    return { token: holder?.token ?? text, beat: mtimeMs, holder };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw storageError(file, String(error), error);
  }
}

function parseHolder(text: string): LeaseHolder | undefined {
  try {
    const holder = JSON.parse(text) as LeaseHolder | null;
    return typeof holder?.token === 'string' && typeof holder.pid === 'number' ? holder : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Removes a lease that nobody keeps any more. It is moved aside first, which only one of several can do, and put back where
 * it turns out to be another than the one that was looked at.
 */
async function removeLease(file: string, token: string): Promise<boolean> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw storageError(file, String(error), error);
  }
  const moved = await readLease(aside);
  if (moved?.token !== token) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
  return moved?.token === token;
}
