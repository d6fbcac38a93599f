/**
 * Saves, auto saves, propagations, cancels, undo, redo, reverting, closing and opening again in random order, over the real
 * document and the real kernel: the tab is never clean while the database holds what the sidecar does not, and at the end
 * a save brings everything into the sidecar.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as vscode from 'vscode';
import { KernelService } from '../../extension/kernel/kernelService';
import { seededRandom } from '../../kernel/sample/random';
import type { MaskOperation } from '../../shared/domain/annotations';
import { DocumentInTab } from '../support/documentInTab';
import { smallClip } from '../support/kernel';
import { writeMicroModel } from '../support/microModel';
import { until } from '../support/until';
import { settings } from '../support/vscodeStandIn';

const FRAMES = 5;
const MODEL = 'micro';
const OBJECTS = ['aa', 'bb'] as const;
const SEQUENCES = process.env.MASKLET_TEST_FULL ? 1000 : 100;
const STEPS = 10;
const FIRST = process.env.MASKLET_SEED ? Number(process.env.MASKLET_SEED) : Date.now() % 1_000_000;

let folder: string;
let video: string;
let kernel: KernelService;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'masklet-saving-'));
  ({ video } = await smallClip(folder, FRAMES));
  const { checkpoint, config } = writeMicroModel(folder, MODEL);
  settings.set('masklet.modelDir', join(folder, 'models'));
  settings.set('masklet.executionProviders', ['cpu']);
  const log = vscode.window.createOutputChannel('test', { log: true });
  kernel = new KernelService(log, vscode.Uri.file(join(folder, 'storage')));
  await kernel.request('models/import', { path: checkpoint, config });
  // Keeps the model loaded from one sequence to the next.
  const path = join(folder, 'other.mp4');
  await copyFile(video, path);
  await kernel.open({ path, model: MODEL, dataDir: join(folder, 'other') });
});

afterAll(async () => {
  await kernel.stop();
  settings.clear();
  await rm(folder, { recursive: true, force: true });
});

/** What is known of a mask, as text; for comparing what the sidecar has with what the database has. */
type Masks = Readonly<Record<string, string>>;

interface MaskFields {
  readonly frame: number;
  readonly counts: string;
  readonly state: string;
  readonly verified: boolean;
}

const put = (masks: Record<string, string>, object: string, mask: MaskFields): void => {
  masks[`${object} on ${mask.frame}`] = `${mask.state} ${mask.verified} ${mask.counts}`;
};

function masksOfSidecar(path: string): Masks {
  const masks: Record<string, string> = {};
  const files = join(`${path}.masklet`, 'masks');
  for (const name of existsSync(files) ? readdirSync(files) : []) {
    if (!name.endsWith('.jsonl')) continue;
    const lines = readFileSync(join(files, name), 'utf8').split('\n').filter(Boolean);
    for (const line of lines) put(masks, name.slice(0, -'.jsonl'.length), JSON.parse(line) as MaskFields);
  }
  return masks;
}

/** One sequence: a clip of its own, and the tab that shows it. */
class Sequence {
  private tab!: DocumentInTab;
  private edits = 0;
  readonly done: string[] = [];

  constructor(
    private readonly random: () => number,
    private readonly path: string,
  ) {}

  async open(): Promise<void> {
    this.tab = await DocumentInTab.open(this.path, kernel, MODEL);
  }

  /** Begins something, and waits for it or not. */
  async step(): Promise<void> {
    const { tab } = this;
    const choices: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['edit', () => this.edit()],
      ['edit', () => this.edit()],
      ['interpolate', () => this.interpolate()],
      ['verify all', () => tab.doing(() => tab.document.verifyAll())],
      ['run', () => tab.doing(() => tab.document.propagate({ direction: 'both' }))],
      ['run', () => tab.doing(() => tab.document.propagate({ direction: 'forward', force: true }))],
      ['cancel', () => tab.document.cancelPropagation()],
      ['save', () => tab.save()],
      ['auto save', () => tab.autoSave()],
      ['auto save', () => tab.autoSave()],
      ['undo', () => tab.undo()],
      ['redo', () => tab.redo()],
      ['revert', () => tab.revert()],
      ['stand aside', () => this.standAside()],
      ['close and reopen', () => this.reopen()],
    ];
    const [name, begin] = choices[this.below(choices.length)];
    const awaited = name.startsWith('close') || this.random() < 0.5;
    this.done.push(awaited ? name : `${name} (not awaited)`);
    const ended = begin();
    if (awaited) await ended;
    else {
      ended.catch(() => undefined);
      // Somewhere into it.
      await new Promise((resolve) => setTimeout(resolve, this.random() * 15));
    }
  }

  /** Both as they are now, or within moments, for VS Code hears of everything a little later. */
  async expectHonest(): Promise<void> {
    const honest = async (): Promise<boolean> =>
      this.tab.isDirty || isDeepStrictEqual(masksOfSidecar(this.path), await this.masks());
    await until(honest, 'the tab is clean, and the sidecar does not have all masks', 10);
  }

  async expectSavedWhole(): Promise<void> {
    const { tab } = this;
    await tab.document.cancelPropagation();
    await tab.idle();
    await this.expectHonest();
    await tab.autoSave();
    await this.expectHonest();
    expect(tab.isDirty).toBe(false);
    expect(masksOfSidecar(this.path)).toEqual(await this.masks());
  }

  dispose(): void {
    this.tab.document.dispose();
  }

  private async masks(): Promise<Masks> {
    const masks: Record<string, string> = {};
    for (let frame = 0; frame < FRAMES; frame++) {
      for (const { object, mask, state, verified } of await this.tab.document.masks(frame))
        put(masks, object, { frame, counts: mask.counts, state, verified });
    }
    return masks;
  }

  private edit(): Promise<void> {
    const { document } = this.tab;
    const object = OBJECTS[this.below(OBJECTS.length)];
    const frame = this.below(FRAMES);
    const points = [[this.below(320), this.below(180)] as const];
    const operation: MaskOperation = { kind: 'brush', mode: 'add', points, radius: 5 + (this.edits++ % 30) };
    return this.tab.doing(async () => {
      if (!document.state.objects.some(({ id }) => id === object))
        await document.edit('object/add', { object });
      await document.edit('mask/edit', { object, frame, operation });
    });
  }

  private interpolate(): Promise<void> {
    const { tab } = this;
    return tab.doing(() =>
      tab.document.edit('mask/interpolate', { object: OBJECTS[0], first: 0, last: FRAMES - 1 }),
    );
  }

  private async standAside(): Promise<void> {
    const { document } = this.tab;
    await document.standAside(Promise.resolve());
    await document.comeBack();
  }

  /** Asked whether to save a dirty tab; or the window closes, and asks nothing. */
  private async reopen(): Promise<void> {
    const { tab } = this;
    const choice = this.below(3);
    if (tab.isDirty && choice === 0) await tab.save();
    if (tab.isDirty && choice === 1) void tab.revert();
    tab.document.dispose();
    await this.open();
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }
}

async function run(seed: number): Promise<void> {
  const own = join(folder, `sequence-${seed}`);
  await mkdir(own);
  const path = join(own, 'clip.mp4');
  await copyFile(video, path);
  const sequence = new Sequence(seededRandom(seed), path);
  await sequence.open();
  try {
    for (let step = 0; step < STEPS; step++) {
      await sequence.step();
      await sequence.expectHonest();
    }
    await sequence.expectSavedWhole();
  } catch (error) {
    throw new Error(`MASKLET_SEED=${seed}: ${sequence.done.join(', ')}`, { cause: error });
  } finally {
    sequence.dispose();
  }
  await rm(own, { recursive: true, force: true });
}

test(
  `${SEQUENCES} random sequences: the tab is never clean while the sidecar is behind`,
  { timeout: 30 * 60_000 },
  async () => {
    console.log(`MASKLET_SEED=${FIRST} begins with the same sequence again`);
    for (let n = 0; n < SEQUENCES; n++) await run(FIRST + n);
  },
);
