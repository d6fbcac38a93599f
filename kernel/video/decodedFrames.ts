import { CancelledError, MaskletError, throwIfAborted } from '../../shared/protocol/errors';
import { AccessPattern } from './accessPattern';
import type { DecodeSettings } from './decodeCommand';
import { DecodeRun } from './decodeRun';
import { ffmpegFailure, type FfmpegExit } from './ffmpegProcess';
import { FrameCache } from './frameCache';
import type { Counters, FrameProvider } from './frameProvider';
import { PictureBuffers } from './pictureBuffers';
import { SpillFile } from './spillFile';
import { groupOf, type VideoIndex } from './videoIndex';

export interface DecodedFramesOptions {
  readonly settings: DecodeSettings;
  readonly index: VideoIndex;
  readonly cacheBytes: number;
  readonly spillBytes: number;
  readonly counters: Counters;
  /** Whether the file is no longer the one that was indexed; asked when decoding goes wrong. */
  readonly hasChanged: () => Promise<boolean>;
  /** Milliseconds after which a decoder that nobody needs is ended. */
  readonly idleMs?: number;
}

/** Decoders at one time: propagation can read on while somebody scrubs elsewhere. */
const MAX_RUNS = 2;
/** Steps after which a reader counts as reading in sequence. */
const SEQUENCE = 3;
/** Frames decoded ahead of the last one asked for. */
const READ_AHEAD = 8;
/** Decoding this many frames more is cheaper than starting a decoder. */
const START_COST = 8;
/** Pictures that match no frame after which a run is taken for lost. */
const MAX_DISCARDED = 64;
const IDLE_MS = 4000;

/** A frame that somebody waits for. */
interface Wanted {
  readonly frame: number;
  readonly waiters: Set<Waiter>;
  run: Run | undefined;
  /** Decoding must start at this keyframe (a position in `index.keys`) or before: later ones did not give the frame. */
  latestKey: number;
  attempts: number;
  /** For the error, should all attempts fail. */
  complaints: readonly string[];
}

interface Waiter {
  resolve(data: Uint8Array): void;
  reject(error: Error): void;
}

interface Run {
  readonly decoder: DecodeRun;
  /** Position in `index.keys` that it started at. */
  readonly key: number;
  readonly threads: number;
  /** It decodes on to this frame even where nobody waits. */
  goal: number;
  lastUse: number;
  /** How often a reader in sequence has come along. */
  steps: number;
  discarded: number;
  /** Frames delivered so far. */
  delivered: number;
  idle: NodeJS.Timeout | undefined;
  /** True once it is only kept to finish its group. */
  draining: boolean;
}

/**
 * Frames of a video file in any order. A decoder that runs already goes on where it can; a jump starts one at the keyframe before;
 * all that is decoded on the way is kept. So stepping and scrubbing, either way, never decode a group twice in a row.
 */
export class DecodedFrames implements FrameProvider {
  private readonly index: VideoIndex;
  private readonly buffers: PictureBuffers;
  private readonly cache: FrameCache;
  private readonly spillFile: SpillFile;
  private readonly readAhead: number;
  private readonly pattern = new AccessPattern();
  private readonly wanted = new Map<number, Wanted>();
  private readonly restoring = new Map<number, Promise<Uint8Array | undefined>>();
  private readonly runs = new Set<Run>();
  private readonly ending = new Set<Promise<void>>();
  /** For keyframes that a seek did not reach or that do not decode by themselves: where to start instead. */
  private readonly startInstead = new Map<number, number>();
  private clock = 0;
  private closed = false;

  constructor(private readonly options: DecodedFramesOptions) {
    this.index = options.index;
    const bytes = this.index.width * this.index.height * 3;
    this.buffers = new PictureBuffers(bytes);
    const file = new SpillFile(bytes, options.spillBytes);
    this.spillFile = file;
    this.cache = new FrameCache(options.cacheBytes, this.buffers, {
      file,
      spills: (frame) => this.isLargeGroup(frame),
    });
    this.readAhead = Math.min(READ_AHEAD, Math.floor(this.cache.capacity / 4));
  }

  /** Decoders alive now. */
  get decoders(): number {
    return this.runs.size + this.ending.size;
  }

  async frame(frame: number, signal?: AbortSignal): Promise<Uint8Array> {
    throwIfAborted(signal);
    if (this.closed) throw new CancelledError('The video has been closed.');
    const direction = this.pattern.note(frame);
    if (direction >= 0) this.pushGoals(frame);
    const hit = this.cache.get(frame) ?? (await this.restore(frame));
    if (hit) {
      this.options.counters.cacheHits++;
      this.options.counters.cacheBytes = this.cache.bytes;
      if (direction < 0) this.decodeGroupBefore(frame);
      return hit;
    }
    throwIfAborted(signal);
    const data = await this.want(frame, signal);
    if (direction < 0) this.decodeGroupBefore(frame);
    return data;
  }

  grown(): void {
    for (const run of [...this.runs]) {
      // Damage was found: only the one thread of the index gives the same pictures from there on.
      if (run.threads !== this.index.threads) this.endRun(run);
      else {
        run.decoder.indexGrew();
        this.steer(run);
      }
    }
    this.schedule();
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    for (const wanted of [...this.wanted.values()])
      this.fail(wanted, new CancelledError('The video has been closed.'));
    for (const run of [...this.runs]) this.endRun(run);
    await Promise.all(this.ending);
    await this.cache.close();
  }

  // ------------------------------------------------------------------------------------------- waiting

  private restore(frame: number): Promise<Uint8Array | undefined> {
    if (!this.cache.has(frame)) return Promise.resolve(undefined);
    let restoring = this.restoring.get(frame);
    if (!restoring) {
      restoring = this.cache.restore(frame).finally(() => this.restoring.delete(frame));
      this.restoring.set(frame, restoring);
    }
    return restoring;
  }

  private want(frame: number, signal?: AbortSignal): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.closed) throw new CancelledError('The video has been closed.');
      let wanted = this.wanted.get(frame);
      if (!wanted) {
        const { key } = groupOf(this.index, frame);
        const latestKey = this.startInstead.get(key) ?? key;
        wanted = { frame, waiters: new Set(), run: undefined, latestKey, attempts: 0, complaints: [] };
        this.wanted.set(frame, wanted);
      }
      const { waiters } = wanted;
      const abort = (): void => waiter.reject(new CancelledError());
      const settle = (): void => {
        waiters.delete(waiter);
        signal?.removeEventListener('abort', abort);
      };
      const waiter: Waiter = {
        resolve: (data) => {
          settle();
          resolve(data);
        },
        reject: (error) => {
          settle();
          reject(error);
          if (waiters.size === 0) this.dropWanted(frame);
        },
      };
      waiters.add(waiter);
      signal?.addEventListener('abort', abort, { once: true });
      this.schedule();
    });
  }

  private dropWanted(frame: number): void {
    const wanted = this.wanted.get(frame);
    if (!wanted || wanted.waiters.size > 0) return;
    this.wanted.delete(frame);
    if (wanted.run) this.steer(wanted.run);
    this.schedule();
  }

  private fail(wanted: Wanted, error: MaskletError): void {
    if (this.wanted.get(wanted.frame) === wanted) this.wanted.delete(wanted.frame);
    for (const waiter of [...wanted.waiters]) waiter.reject(error);
  }

  // ------------------------------------------------------------------------------------------- scheduling

  /** Gives every wanted frame a decoder: one that will come to it anyway, or a new one as far as they are free. */
  private schedule(): void {
    if (this.closed) return;
    for (const wanted of this.wanted.values()) {
      if (wanted.run) continue;
      const run = this.runTowards(wanted) ?? this.startRun(wanted);
      if (!run) continue;
      wanted.run = run;
      run.lastUse = ++this.clock;
      run.draining = false;
      run.goal = Math.max(run.goal, wanted.frame + this.readAhead);
      this.steer(run);
    }
  }

  private runTowards(wanted: Wanted): Run | undefined {
    const start = this.index.keys[wanted.latestKey];
    let best: Run | undefined;
    for (const run of this.runs) {
      const { next } = run.decoder;
      if (run.key > wanted.latestKey || next > wanted.frame || next < start - START_COST) continue;
      if (!best || next > best.decoder.next) best = run;
    }
    return best;
  }

  private startRun(wanted: Wanted): Run | undefined {
    if (this.runs.size >= MAX_RUNS) {
      // A reader in sequence comes back to its decoder; a jump hardly ever does.
      const free = [...this.runs]
        .filter((run) => !this.isNeeded(run))
        .sort((a, b) => Number(a.steps > SEQUENCE) - Number(b.steps > SEQUENCE) || a.lastUse - b.lastUse);
      if (free.length === 0) return undefined;
      this.endRun(free[0]);
    }
    return this.openRun(wanted.latestKey);
  }

  private openRun(key: number): Run {
    const { settings, counters } = this.options;
    const { threads } = this.index;
    const start = key === 0 ? 0 : this.index.keys[key];
    const decoder = new DecodeRun({ ...settings, threads }, this.index, start, this.buffers, {
      onFrame: (frame, data) => this.arrived(run, frame, data),
      onDiscard: () => this.discarded(run),
      onBeyond: () => this.reachedEnd(run),
      onEnd: (exit, complaints) => this.ended(run, exit, complaints),
    });
    const run: Run = {
      decoder,
      key,
      threads,
      goal: start,
      lastUse: ++this.clock,
      steps: 0,
      discarded: 0,
      delivered: 0,
      idle: undefined,
      draining: false,
    };
    this.runs.add(run);
    counters.decoderStarts++;
    return run;
  }

  private endRun(run: Run): void {
    clearTimeout(run.idle);
    this.runs.delete(run);
    run.decoder.stop();
    const gone = run.decoder.exited.finally(() => this.ending.delete(gone));
    this.ending.add(gone);
    for (const wanted of this.wanted.values()) if (wanted.run === run) wanted.run = undefined;
  }

  private isNeeded(run: Run): boolean {
    for (const wanted of this.wanted.values()) if (wanted.run === run) return true;
    return false;
  }

  /** Lets a run go on while somebody waits or its goal is ahead, else holds it. */
  private steer(run: Run): void {
    if (!this.runs.has(run)) return;
    const { decoder } = run;
    const ahead = decoder.next <= run.goal && (run.draining || !this.cache.has(decoder.next));
    // At the end of the video the decoder is let go on, to end by itself; at the end of an index that grows it is held.
    const atEnd = decoder.next >= this.index.pts.length;
    const go = !decoder.blocked && (atEnd ? !this.index.growing : this.isNeeded(run) || ahead);
    clearTimeout(run.idle);
    run.idle = undefined;
    if (!go) {
      decoder.pause();
      if (run.draining) this.endRun(run);
      else run.idle = setTimeout(() => this.drain(run), this.options.idleMs ?? IDLE_MS).unref();
      return;
    }
    const { congestion } = this.cache;
    if (congestion) {
      decoder.pause();
      void congestion.then(() => this.steer(run));
    } else decoder.resume();
  }

  /** Nobody has come back to a held decoder: it finishes its group where that can be kept, so that it need not be decoded again, and ends. */
  private drain(run: Run): void {
    const { next } = run.decoder;
    const { first, last } = groupOf(this.index, next);
    if (next === first || last - first >= this.cache.capacity + this.spillFile.capacity) {
      this.endRun(run);
      return;
    }
    run.draining = true;
    run.goal = last;
    this.steer(run);
  }

  /** A reader that moves forward keeps its decoder a few frames ahead of it. */
  private pushGoals(frame: number): void {
    for (const run of this.runs) {
      const { next } = run.decoder;
      if (next <= frame || next - frame > this.readAhead + 1 || run.draining) continue;
      run.goal = frame + this.readAhead;
      run.steps++;
      run.lastUse = ++this.clock;
      this.steer(run);
    }
  }

  /** A reader that moves backward finds the group before decoded when it gets there, where a decoder is free. */
  private decodeGroupBefore(frame: number): void {
    const group = groupOf(this.index, frame);
    if (group.key === 0 || frame - group.first > this.readAhead || this.closed) return;
    const target = group.first - 1;
    if (this.cache.has(target) || this.wanted.has(target)) return;
    const before = groupOf(this.index, target);
    const needed = before.last - before.first + 1 + (frame - group.first + 1);
    if (needed > this.cache.capacity && !this.isLargeGroup(frame)) return;
    if (this.runs.size >= MAX_RUNS && [...this.runs].every((run) => this.isNeeded(run))) return;
    // What the reader still has before it must not be what leaves the cache first.
    for (let i = group.first; i <= frame; i++) this.cache.touch(i);
    // Only a convenience: where it fails, the reader's own request tells why.
    this.want(target).catch(() => undefined);
  }

  // ------------------------------------------------------------------------------------------- decoders report

  private arrived(run: Run, frame: number, data: Uint8Array): void {
    this.options.counters.framesDecoded++;
    run.delivered++;
    this.cache.put(frame, data);
    const wanted = this.wanted.get(frame);
    if (wanted) {
      this.wanted.delete(frame);
      const { key } = groupOf(this.index, frame);
      if (wanted.attempts > 0 && wanted.run === run) this.startInstead.set(key, run.key);
      const shared = this.cache.get(frame) as Uint8Array;
      for (const waiter of [...wanted.waiters]) waiter.resolve(shared);
    }
    this.options.counters.cacheBytes = this.cache.bytes;
    const missed = [...this.wanted.values()].filter((other) => other.run === run && other.frame < frame);
    for (const other of missed) this.retryEarlier(other, run, []);
    this.steer(run);
    if (missed.length > 0 || !this.isNeeded(run)) this.schedule();
  }

  private discarded(run: Run): void {
    run.discarded++;
    if (run.discarded < MAX_DISCARDED || run.delivered > 0) return;
    const waiting = [...this.wanted.values()].filter((wanted) => wanted.run === run);
    this.endRun(run);
    for (const wanted of waiting) this.retryEarlier(wanted, run, []);
    this.schedule();
  }

  /** The decoder is past all frames that are known so far: one that somebody waits for did not come. */
  private reachedEnd(run: Run): void {
    const missed = [...this.wanted.values()].filter((wanted) => wanted.run === run);
    for (const wanted of missed) this.retryEarlier(wanted, run, []);
    this.steer(run);
    if (missed.length > 0) this.schedule();
  }

  private ended(run: Run, exit: FfmpegExit, complaints: readonly string[]): void {
    if (!this.runs.delete(run)) return;
    clearTimeout(run.idle);
    for (const wanted of [...this.wanted.values()]) {
      if (wanted.run === run) this.retryEarlier(wanted, run, complaints, exit);
    }
    this.schedule();
  }

  /** A run passed a frame without giving it: start further back, at last from the start of the file, which is how the index was made. */
  private retryEarlier(wanted: Wanted, run: Run, complaints: readonly string[], exit?: FfmpegExit): void {
    wanted.run = undefined;
    wanted.complaints = [...wanted.complaints, ...complaints].slice(-5);
    if (run.key > 0 && exit?.stalledMs === undefined) {
      wanted.attempts++;
      wanted.latestKey = Math.max(0, Math.min(wanted.latestKey, run.key) - 2 ** (wanted.attempts - 1));
      return;
    }
    void this.explain(wanted, exit).then((error) => this.fail(wanted, error));
  }

  private async explain(wanted: Wanted, exit?: FfmpegExit): Promise<MaskletError> {
    const { path } = this.options.settings;
    // The frame is not scheduled again while we look: it counts as having a run until it fails.
    wanted.run = undefined;
    this.wanted.delete(wanted.frame);
    if (await this.options.hasChanged().catch(() => false)) {
      return new MaskletError('video/changed', `"${path}" has changed since it was opened.`, {
        hint: 'Close it and open it again.',
        file: path,
      });
    }
    if (exit && (exit.startError || exit.signal || exit.code !== 0))
      return ffmpegFailure(exit, path, wanted.complaints);
    const said = wanted.complaints.length > 0 ? ` ffmpeg said: ${wanted.complaints.join(' / ')}` : '';
    return new MaskletError(
      'ffmpeg/failed',
      `Frame ${wanted.frame} of "${path}" does not decode as it did before.${said}`,
      {
        hint: 'Close the video and open it again; if it stays so, report it with the clip.',
        file: path,
      },
    );
  }

  private isLargeGroup(frame: number): boolean {
    const { first, last } = groupOf(this.index, frame);
    return last - first + 1 > this.cache.capacity;
  }
}
