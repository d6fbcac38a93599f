import { basename } from 'node:path';
import type { ExportParams } from '../../shared/protocol/dataset';
import { version } from '../runtime/version';
import { MANIFEST_FILE } from '../clips/manifestFile';
import type { Category, ExportClip } from './api';
import type { ClipHashes } from './earlierExport';
import type { ExportFolder } from './exportFolder';
import { JsonList, writeJsonDocument } from './jsonList';

/** Raised when readers of an older one would misunderstand it. */
export const MANIFEST_SCHEMA = 1;

/** What an export says of a clip; nothing in it depends on where or when the export was made. */
export interface ManifestClip {
  readonly name: string;
  readonly split: string;
  readonly video: {
    readonly file: string;
    /** The file is a link out of the dataset's folder. */
    readonly outside?: true;
    readonly byteSize: number;
    readonly sha256?: string;
    readonly width: number;
    readonly height: number;
    readonly frameCount: number;
    readonly timeBase: readonly [number, number];
  };
  /** Frame numbers in the video, and their PTS. */
  /** What its files depend on; absent where the video's content is not known. */
  readonly hashes?: ClipHashes;
  readonly frames: readonly number[];
  readonly pts: readonly number[];
  readonly objects: readonly {
    readonly number: number;
    readonly id: string;
    readonly label: string;
    readonly color: string;
    readonly category: number;
  }[];
  /** What made the masks, and how many. */
  readonly models: readonly { readonly id: string; readonly sha256: string; readonly masks: number }[];
}

/** The file that says what an export was made from. */
export class Manifest {
  private constructor(
    private readonly folder: ExportFolder,
    private readonly clips: JsonList,
  ) {}

  static async create(folder: ExportFolder): Promise<Manifest> {
    return new Manifest(folder, await JsonList.create(folder));
  }

  async add(clip: ExportClip, outside = false, hashes?: ClipHashes): Promise<void> {
    const { byteSize, sha256 } = await clip.identity();
    const { width, height, frameCount, timeBase } = clip.video;
    await this.clips.push({
      name: clip.name,
      split: clip.split,
      video: {
        file: basename(clip.path),
        ...(outside ? { outside } : {}),
        byteSize,
        ...(sha256 === undefined ? {} : { sha256 }),
        width,
        height,
        frameCount,
        timeBase,
      },
      ...(hashes ? { hashes } : {}),
      frames: clip.frames,
      pts: clip.frames.map((frame) => clip.pts[frame]),
      objects: clip.objects.map(({ number, id, label, color, category }) => ({
        number,
        id,
        label,
        color,
        category: category.id,
      })),
      models: modelsOf(clip),
    } satisfies ManifestClip);
  }

  async write(params: ExportParams, categories: readonly Category[]): Promise<void> {
    await writeJsonDocument(this.folder, MANIFEST_FILE, {
      schema: MANIFEST_SCHEMA,
      tool: { name: 'masklet', version },
      format: params.format,
      selection: params.frames ?? { kind: 'all' },
      ...(params.shapes ? { shapes: params.shapes } : {}),
      overlaps: 'the object with the larger number lies on top',
      categories,
      clips: this.clips,
    });
  }
}

function modelsOf(clip: ExportClip): ManifestClip['models'] {
  const counts = new Map<string, { id: string; sha256: string; masks: number }>();
  for (const frame of clip.frames) {
    for (const { record } of clip.masks(frame)) {
      const { model: id, modelSha256: sha256 } = record.provenance ?? { model: 'manual', modelSha256: '' };
      const known = counts.get(`${id}/${sha256}`);
      if (known) known.masks++;
      else counts.set(`${id}/${sha256}`, { id, sha256, masks: 1 });
    }
  }
  return [...counts.values()];
}
