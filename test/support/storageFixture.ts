import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { encodeRle, rleMeasure } from '../../kernel/masks/rle';
import type { Conflict } from '../../shared/domain/conflicts';
import type { FramePrompt, MarkRecord, MaskRecord, ObjectRecord } from '../../shared/domain/annotations';
import type { VideoInfo } from '../../shared/domain/video';
import type { ClipContent, OpenClipParams, OpenClipResult } from '../../kernel/storage/api';
import type { OpenEnvironment } from '../../kernel/storage/database';
import { Store } from '../../kernel/storage/store';

export const WIDTH = 16;
export const HEIGHT = 12;
export const FRAMES = 40;

/** A folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'masklet-storage-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What storage knows of a video. */
export function videoInfo(path: string, fingerprint = 'f1', overrides: Partial<VideoInfo> = {}): VideoInfo {
  return {
    path,
    kind: 'file',
    byteSize: fingerprint.length,
    fingerprint,
    frameCount: FRAMES,
    width: WIDTH,
    height: HEIGHT,
    codec: 'h264',
    container: 'mp4',
    rotation: 0,
    timeBase: [1, 12800],
    firstPts: 0,
    lastPts: (FRAMES - 1) * 512,
    fps: 25,
    variableRate: false,
    warnings: [],
    ...overrides,
  };
}

/** A file to stand for a video: it holds its fingerprint, so that different content is a different file. */
export function makeVideo(...[path, fingerprint = 'f1', overrides]: Parameters<typeof videoInfo>): VideoInfo {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, fingerprint);
  return videoInfo(path, fingerprint, overrides);
}

export function paramsFor(video: VideoInfo, overrides: Partial<OpenClipParams> = {}): OpenClipParams {
  return {
    video,
    databaseFolder: join(dirname(video.path), '.masklet'),
    sidecar: `${video.path}.masklet`,
    readOnly: false,
    holder: 'test',
    acceptChangedVideo: false,
    ...overrides,
  };
}

/** A clip `clip.mp4` in a folder of its own (or in `folder`), opened. */
export function openFixture(
  options: { folder?: string; environment?: Partial<OpenEnvironment>; params?: Partial<OpenClipParams> } = {},
): Fixture {
  const folder = options.folder ?? temporaryFolder();
  const video = makeVideo(join(folder, 'clip.mp4'));
  return openVideo(video, options.params, options.environment);
}

/** Opens a clip in a store of its own, closed with the test. */
export function openVideo(
  video: VideoInfo,
  params: Partial<OpenClipParams> = {},
  environment: Partial<OpenEnvironment> = {},
): Fixture {
  const store = new Store(environment);
  const full = paramsFor(video, params);
  const opened = store.open(full);
  const fixture = { store, video, params: full, opened, clip: opened.clip, sidecar: full.sidecar };
  onTestFinished(() => void store.close(opened.clip));
  return fixture;
}

export interface Fixture {
  readonly store: Store;
  readonly video: VideoInfo;
  readonly params: OpenClipParams;
  readonly opened: OpenClipResult;
  readonly clip: number;
  readonly sidecar: string;
}

export function object(id: string, overrides: Partial<ObjectRecord> = {}): ObjectRecord {
  return { id, label: `label ${id}`, color: '#12ab9f', attributes: {}, ...overrides };
}

/** A mask that differs for every `seed`. */
export function maskOf(
  objectId: string,
  frame: number,
  seed = 0,
  overrides: Partial<MaskRecord> = {},
): MaskRecord {
  const pixels = new Uint8Array(WIDTH * HEIGHT);
  const start = (frame * 7 + seed * 13) % (WIDTH * HEIGHT - 20);
  pixels.fill(1, start, start + 5 + (seed % 11));
  const mask = encodeRle(pixels, WIDTH, HEIGHT);
  const { area, box } = rleMeasure(mask);
  return {
    object: objectId,
    frame,
    pts: frame * 512,
    mask,
    bbox: box,
    area,
    iou: 0.9173,
    objectScore: null,
    state: 'propagated',
    verified: false,
    provenance: { model: 'm', modelSha256: 'abc', revision: `r${seed}`, direction: 'forward' },
    ...overrides,
  };
}

export function promptOf(objectId: string, frame: number, x = 3.5): FramePrompt {
  return { object: objectId, frame, points: [{ x, y: 4, label: 1 }] };
}

export function markOf(objectId: string, first: number, last: number): MarkRecord {
  return { object: objectId, kind: 'occluded', first, last };
}

/** The annotations alone, for comparison. */
export function rowsOf({ objects, prompts, marks, masks }: ClipContent): object {
  return { objects, prompts, marks, masks };
}

/** Every file below a folder with its text. */
export function filesBelow(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]),
  );
}

/** Edits a text file in place. */
export function edit(path: string, change: (text: string) => string): void {
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}

export function onlyConflict(content: { conflicts: readonly Conflict[] }): Conflict {
  const [conflict, ...others] = content.conflicts;
  if (!conflict || others.length > 0)
    throw new Error(`Expected one conflict, found ${content.conflicts.length}`);
  return conflict;
}

/** A saved clip of two objects, closed. */
export function savedClip(folder = temporaryFolder()): Fixture {
  const fixture = openFixture({ folder });
  fixture.store.apply(fixture.clip, {
    putObjects: [object('aa'), object('bb')],
    putPrompts: [promptOf('aa', 0), promptOf('bb', 2)],
    putMasks: [0, 1, 2, 3].flatMap((frame) => [maskOf('aa', frame), maskOf('bb', frame, 1)]),
    putMarks: [markOf('aa', 5, 9)],
  });
  fixture.store.save(fixture.clip);
  fixture.store.close(fixture.clip);
  return fixture;
}

/** What is saved is then all there is. */
export function dropDatabase({ params }: Fixture): void {
  rmSync(params.databaseFolder, { recursive: true });
}

export const reopen = ({ video, params }: Fixture): Fixture => openVideo(video, params);

/** An error of this code, for `toThrow` and `toEqual`. */
export const errorOf = (code: string, message = /./): Error =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as Error;
