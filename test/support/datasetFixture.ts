import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { DatasetEnvironment } from '../../kernel/clips/openedClip';
import { runExport } from '../../kernel/export/runExport';
import { encodeRle, rleMeasure } from '../../kernel/masks/rle';
import type { ExportParams, ExportResult } from '../../shared/protocol/dataset';
import type {
  FramePrompt,
  MarkRecord,
  MaskRecord,
  ObjectRecord,
  RleMask,
} from '../../shared/domain/annotations';
import type { VideoInfo } from '../../shared/domain/video';
import { locate } from '../../kernel/storage/locations';
import { withDefaults } from '../../shared/protocol/settings';
import { openDatabase } from '../../kernel/storage/database';
import { Store } from '../../kernel/storage/store';
import { findFfmpeg } from '../../kernel/video/ffmpeg';
import { openVideo } from '../../kernel/video/source';
import { temporaryFolder } from './kernel';

/** A folder with a database of its own, gone with the test: annotations of the folders above are not looked at. */
export async function datasetFolder(): Promise<string> {
  const folder = await temporaryFolder();
  makeDatabase(folder);
  return folder;
}

export function makeDatabase(folder: string): void {
  openDatabase(join(folder, '.masklet'), 5000).close();
}

export interface FixtureClip {
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  readonly objects: readonly (Partial<ObjectRecord> & { readonly id: string })[];
  readonly masks: readonly (Partial<MaskRecord> & {
    readonly object: string;
    readonly frame: number;
    readonly mask: RleMask;
  })[];
  readonly prompts?: readonly FramePrompt[];
  readonly marks?: readonly MarkRecord[];
}

/** A mask from a drawing: `#` is inside. */
export function drawn(...rows: readonly string[]): RleMask {
  const pixels = Uint8Array.from(rows.join(''), (character) => (character === '#' ? 1 : 0));
  return encodeRle(pixels, rows[0].length, rows.length);
}

/** A folder of numbered pictures: a video that needs no encoder. */
export async function imageClip(
  path: string,
  { frames, width, height }: Pick<FixtureClip, 'frames' | 'width' | 'height'>,
): Promise<VideoInfo> {
  await mkdir(path, { recursive: true });
  for (let frame = 0; frame < frames; frame++) {
    const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7 + frame * 31) % 256);
    const png = await sharp(pixels, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer();
    await writeFile(join(path, `${String(frame).padStart(5, '0')}.png`), png);
  }
  return await infoOf(path);
}

export async function infoOf(path: string): Promise<VideoInfo> {
  const source = await openVideo(path, { ffmpeg: (await findFfmpeg()).path, cacheBytes: 0 });
  try {
    return { ...source.info, ...(await source.identity()) };
  } finally {
    await source.close();
  }
}

/** Makes the pictures, and annotates and saves them. @returns the path of the clip. */
export async function annotatedClip(path: string, clip: FixtureClip): Promise<string> {
  const video = await imageClip(path, clip);
  annotate(video, clip);
  return path;
}

/** Writes annotations as the editor would, and saves them. */
export function annotate(
  video: VideoInfo,
  { objects, masks, prompts, marks }: Pick<FixtureClip, 'objects' | 'masks' | 'prompts' | 'marks'>,
): void {
  const store = new Store();
  const { clip } = store.open({
    video,
    ...locate(video.path),
    readOnly: false,
    holder: 'test',
    acceptChangedVideo: false,
  });
  store.apply(clip, {
    putObjects: objects.map((object) => ({ label: 'thing', color: '#12ab9f', attributes: {}, ...object })),
    ...(prompts ? { putPrompts: prompts } : {}),
    putMasks: masks.map((record) => {
      const { area, box } = rleMeasure(record.mask);
      return {
        pts: record.frame,
        bbox: box,
        area,
        iou: null,
        objectScore: null,
        state: area > 0 ? 'edited' : 'absent',
        verified: false,
        provenance: null,
        ...record,
      };
    }),
    ...(marks ? { putMarks: marks } : {}),
  });
  store.save(clip);
  store.close(clip);
}

/** What work on datasets runs in here. */
export function datasetEnvironment(signal = new AbortController().signal): DatasetEnvironment {
  return { settings: withDefaults(), store: new Store(), signal };
}

/** An export in this process. */
export async function exportHere(
  params: ExportParams,
  options: { signal?: AbortSignal; onProgress?: (done: number) => void } = {},
): Promise<ExportResult> {
  return await runExport(params, {
    ...datasetEnvironment(options.signal),
    onProgress: ({ done }) => options.onProgress?.(done),
  });
}
