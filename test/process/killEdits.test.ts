/**
 * `kill -9` of the kernel in the middle of edits by hand, of whole objects, marks, labels, undo, redo and saving: what was
 * acknowledged is there afterwards, what was not is there whole or not at all. A second kernel that nobody kills says
 * what has to be there.
 */
import Database from 'better-sqlite3';
import { existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import type { KernelClient, KernelSession, SessionMethod } from '../../kernel/client/kernelClient';
import { toErrorData } from '../../shared/protocol/errors';
import type { MaskOperation, ObjectId } from '../../shared/domain/annotations';
import { seededRandom } from '../../kernel/sample/random';
import { smallClip, startKernel, temporaryFolder } from '../support/kernel';
import { filesBelow } from '../support/storageFixture';

const FRAMES = 6;
const KILLS = process.env.MASKLET_TEST_FULL ? 50 : 10;
/** Operations that are acknowledged between two kills, at most. */
const BETWEEN = 12;
const IDS = ['aa', 'bb', 'cc', 'dd'] as const;
/** Seeds that failed once: a save was cut off, which no row shows, twice; nothing was left to save, once. */
const FAILED_ONCE = [683943, 417602, 193084];
const SEEDS = process.env.MASKLET_SEED
  ? [Number(process.env.MASKLET_SEED)]
  : [...FAILED_ONCE, Date.now() % 1_000_000];

/** One request, under the name of the edit that it makes, if any. */
interface Operation {
  readonly method: SessionMethod;
  readonly params: Record<string, unknown>;
}

/** Chooses operations as a user does: undo takes the last edit that stands, redo the last one that was taken back. */
class Operations {
  private count = 0;
  private done: string[] = [];
  private undone: string[] = [];

  constructor(private readonly random: () => number) {}

  next(): Operation {
    const edit = `edit-${this.count++}`;
    const [object, other] = [this.pick(IDS), this.pick(IDS)];
    const [frame, to] = [this.below(FRAMES), this.below(FRAMES)];
    const range = { first: Math.min(frame, to), last: Math.max(frame, to) };
    const of = (method: SessionMethod, params: Record<string, unknown>): Operation => ({
      method,
      params: { object, ...params, edit },
    });
    const choices: readonly (() => Operation)[] = [
      () => of('object/add', {}),
      () => of('object/add', {}),
      () => of('object/update', { label: `label ${this.count}`, attributes: { count: this.count } }),
      () => of('object/move', { to: this.below(4) }),
      () => of('object/duplicate', { as: other }),
      () => of('object/merge', { from: other }),
      () => of('object/split', { frame, as: other }),
      () => of('object/remove', {}),
      () => of('mask/edit', { frame, operation: this.stroke() }),
      () => of('mask/edit', { frame, operation: this.stroke() }),
      () => of('mask/edit', { frame, operation: this.polygon() }),
      () => of('mask/edit', { frame, operation: { kind: 'grow', pixels: 2 } }),
      () => of('mask/copy', { from: frame, to }),
      () => of('mask/interpolate', range),
      () => of('mask/remove', { range }),
      () => of('object/verify', { frames: [frame], verified: this.random() < 0.5 }),
      () => of('object/mark', { kind: this.pick(['absent', 'occluded', 'truncated'] as const), range }),
      () => of('object/setFrameAttributes', { range, attributes: { seen: this.random() < 0.5 } }),
      () => ({
        method: 'labels/add',
        params: { classes: [{ name: `class ${this.count}`, color: '#102030' }] },
      }),
      () => ({ method: 'session/save', params: {} }),
    ];
    const back = this.random();
    if (back < 0.15 && this.done.length > 0)
      return { method: 'history/undo', params: { edit: this.done.at(-1) } };
    if (back < 0.25 && this.undone.length > 0)
      return { method: 'history/redo', params: { edit: this.undone.at(-1) } };
    return this.pick(choices)();
  }

  /** To be told of what took effect. */
  took({ method, params }: Operation, result: unknown): void {
    const { edit } = params as { edit?: string };
    if (method === 'history/undo') this.undone.push(this.done.pop()!);
    else if (method === 'history/redo') this.done.push(this.undone.pop()!);
    else if (edit !== undefined && (result as { changed?: boolean } | null)?.changed !== false) {
      this.done.push(edit);
      this.undone = [];
    }
  }

  private stroke(): MaskOperation {
    const points = [0, 1].map(() => [this.below(320), this.below(180)] as const);
    return { kind: 'brush', mode: this.random() < 0.8 ? 'add' : 'cut', points, radius: 2 + this.below(20) };
  }

  private polygon(): MaskOperation {
    const points = [0, 1, 2].map(() => [this.below(320), this.below(180)] as const);
    return { kind: 'polygon', mode: 'add', points };
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  private pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)];
  }
}

/** The answer, or how it was refused. */
async function carryOut(session: KernelSession, { method, params }: Operation): Promise<unknown> {
  try {
    return await session.request(method, params);
  } catch (error) {
    const { code } = toErrorData(error);
    if (code === 'kernel/died' || code === 'internal') throw error;
    return { changed: false, refused: code };
  }
}

/** All that a session knows of its clip. */
async function everything(session: KernelSession): Promise<{ readonly dirty: boolean }> {
  const { objects, prompts, marks, status, dirty } = await session.request('session/snapshot', {});
  const frames = Array.from({ length: FRAMES }, (_, frame) => frame);
  const masks = await Promise.all(frames.map((frame) => session.request('frame/masks', { frame })));
  const { classes } = await session.request('labels/read', {});
  const order = new Map<ObjectId, number>(objects.map(({ id }, n) => [id, n]));
  const inOrder = masks.map((of) => [...of].sort((a, b) => order.get(a.object)! - order.get(b.object)!));
  // The order of marks says nothing.
  const inText = marks.map((mark) => JSON.stringify(Object.entries(mark).sort())).sort();
  const all = { objects, prompts, marks: inText, status, masks: inOrder, classes, dirty };
  return JSON.parse(JSON.stringify(all)) as { readonly dirty: boolean };
}

function expectSound(folder: string): void {
  const db = new Database(join(folder, '.masklet', 'masklet.sqlite'), { readonly: true });
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(db.pragma('foreign_key_check')).toEqual([]);
  db.close();
}

/** A copy of the clip in a folder of its own, and the kernel that has it open. */
class OpenedCopy {
  private constructor(
    readonly folder: string,
    private kernel: KernelClient,
    public session: KernelSession,
  ) {}

  static async of(video: string): Promise<OpenedCopy> {
    const folder = await temporaryFolder();
    await copyFile(video, join(folder, 'clip.mp4'));
    return new OpenedCopy(folder, ...(await openIn(folder)));
  }

  kill(): void {
    process.kill(this.kernel.pid!, 'SIGKILL');
  }

  /** In a kernel of its own: a client gives up on one that dies again and again. */
  async openAgain(): Promise<void> {
    await this.kernel.dispose();
    [this.kernel, this.session] = await openIn(this.folder);
  }
}

async function openIn(folder: string): Promise<[KernelClient, KernelSession]> {
  const { kernel } = startKernel();
  return [kernel, await kernel.open({ path: join(folder, 'clip.mp4'), workspaceRoot: folder })];
}

test.each(SEEDS)(
  `edits of every kind, killed ${KILLS} times: nothing acknowledged is lost (seed %i)`,
  { timeout: 300_000 },
  async (seed) => {
    console.log(`MASKLET_SEED=${seed} gives the same operations again`);
    const random = seededRandom(seed);
    const operations = new Operations(random);
    const { video } = await smallClip(await temporaryFolder(), FRAMES);
    const killed = await OpenedCopy.of(video);
    const reference = await OpenedCopy.of(video);
    let acknowledged = 0;
    let survived = 0;

    const both = async (operation: Operation): Promise<void> => {
      const result = await carryOut(killed.session, operation);
      expect(comparable(operation, await carryOut(reference.session, operation))).toBe(
        comparable(operation, result),
      );
      operations.took(operation, result);
      acknowledged++;
    };
    /** Paths differ; so does what is left to write after a save that was cut off. */
    const comparable = ({ method }: Operation, result: unknown): string =>
      method === 'session/save' ? '' : JSON.stringify(result).replaceAll(killed.folder, reference.folder);

    for (let kill = 0; kill < KILLS; kill++) {
      for (let n = Math.floor(random() * BETWEEN); n > 0; n--) await both(operations.next());

      const last = operations.next();
      const answer = carryOut(killed.session, last).then(
        (result) => ({ result }),
        (error: unknown) => ({ error }),
      );
      await new Promise((resolve) => setTimeout(resolve, random() * 12));
      killed.kill();
      const ended = await answer;
      await killed.openAgain();

      const after = await everything(killed.session);
      expectSound(killed.folder);
      const before = await everything(reference.session);
      const result = await carryOut(reference.session, last);
      const whole = await everything(reference.session);
      if (last.method === 'session/save' && 'error' in ended) {
        expect(toErrorData(ended.error).code).toBe('kernel/died');
        // Whether it was done only `dirty` tells, and it is whole file by file: the user saves once more.
        expect({ ...after, dirty: false }).toEqual({ ...whole, dirty: false });
        await killed.session.request('session/save', {});
        expect(await everything(killed.session)).toEqual(whole);
      }
      // Acknowledged is kept; under way, it is there whole or not at all.
      else if ('result' in ended || isDeepStrictEqual(after, whole)) {
        expect(after).toEqual(whole);
        operations.took(last, result);
        if ('result' in ended) acknowledged++;
        else survived++;
      } else {
        expect(toErrorData(ended.error).code).toBe('kernel/died');
        expect(after).toEqual(before);
        // The user does it once more.
        expect(comparable(last, await carryOut(killed.session, last))).toBe(comparable(last, result));
        operations.took(last, result);
      }
    }
    console.log(
      `${acknowledged} operations were acknowledged; ${survived} of ${KILLS} under way were stored`,
    );
    for (const { session } of [killed, reference]) await session.request('session/save', {});
    expect(await everything(killed.session)).toEqual(await everything(reference.session));
    // There is none where nothing was left to save.
    const sidecar = (folder: string): object | undefined => {
      const path = join(folder, 'clip.mp4.masklet');
      return existsSync(path) ? filesBelow(path) : undefined;
    };
    expect(sidecar(killed.folder)).toEqual(sidecar(reference.folder));
  },
);
