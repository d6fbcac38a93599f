/** A video that goes away while it is open, and trust that comes while it is open: the real document and kernel. */
import { readdirSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import * as vscode from 'vscode';
import { VideoDocument } from '../../extension/editor/videoDocument';
import { KernelService } from '../../extension/kernel/kernelService';
import type { SampleClip } from '../../kernel/sample/sampleClip';
import { smallClip } from '../support/kernel';
import { until } from '../support/until';
import { workspace } from '../support/vscodeStandIn';

let folder: string;
let video: string;
let clip: SampleClip;
let kernel: KernelService;
let document: VideoDocument;

beforeAll(() => {
  const log = vscode.window.createOutputChannel('test', { log: true });
  kernel = new KernelService(log, vscode.Uri.file(join(tmpdir(), 'masklet-lost-storage')));
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'masklet-lost-'));
  clip = await smallClip(folder, 4);
  ({ video } = clip);
});

afterEach(async () => {
  document.dispose();
  await rm(folder, { recursive: true, force: true });
});

afterAll(async () => {
  workspace.isTrusted = true;
  await kernel.stop();
  await rm(join(tmpdir(), 'masklet-lost-storage'), { recursive: true, force: true });
});

const open = (readOnly: boolean): Promise<VideoDocument> =>
  VideoDocument.open(vscode.Uri.file(video), kernel, {
    readOnly,
    acceptChangedVideo: false,
    signal: new AbortController().signal,
  });

const draw = (frame: number): Promise<unknown> =>
  document.edit('object/addMask', { object: 'aa', frame, mask: clip.groundTruth.objects[0].masks[frame] });

const masks = (): string[] => {
  try {
    return readdirSync(join(`${video}.masklet`, 'masks'));
  } catch {
    return [];
  }
};

test('a video that goes away is told of, its work can be saved, and it is taken up again when it is back', async () => {
  document = await open(false);
  await draw(0);
  await rename(video, `${video}.elsewhere`);
  await until(() => document.state.lost !== undefined, 'nothing was said', 30);
  expect(document.state.lost).toContain('clip.mp4 was moved or deleted');
  expect(document.state.readOnly).toBeDefined();
  await document.save();
  expect(masks()).toEqual(['aa.jsonl']);
  await rename(`${video}.elsewhere`, video);
  await until(() => document.state.lost === undefined, 'it was not taken up again', 30);
  expect(document.state.readOnly).toBeUndefined();
  await draw(1);
  expect((await document.masks(1)).map(({ object }) => object)).toEqual(['aa']);
});

test('another file in its place is not annotated', async () => {
  document = await open(false);
  await draw(0);
  await rm(video);
  await until(() => document.state.lost !== undefined, 'nothing was said', 30);
  await writeFile(video, 'no video at all');
  await until(
    () => document.state.lost?.includes('cannot be used') === true,
    'it was taken for the video',
    30,
  );
  expect(document.state.readOnly).toBeDefined();
});

test('trust granted makes an open video writable', async () => {
  workspace.isTrusted = false;
  document = await open(true);
  expect(document.state).toMatchObject({ untrusted: true });
  expect(document.state.readOnly).toContain('Restricted Mode');
  workspace.isTrusted = true;
  await document.trustGranted();
  expect(document.state.readOnly).toBeUndefined();
  expect(document.state.untrusted).toBeUndefined();
  await draw(0);
  await document.save();
  expect(masks()).toEqual(['aa.jsonl']);
});
