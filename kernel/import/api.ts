import type { FrameIndex } from '../../shared/domain/video';
import { importRow, type ImportFormat } from '../../shared/formats';
import type { Box, PointPrompt, RleMask } from '../../shared/domain/annotations';
import type { ImportWork } from './work';
import type { ImportKind, ImportParams, SkippedParts } from '../../shared/protocol/dataset';
import type { Fit } from './pictureSize';

export interface ImportedMask {
  readonly frame: FrameIndex;
  readonly mask: RleMask;
}

/** What a source says of where an object is on a frame, short of a mask. */
export interface ImportedPrompt {
  readonly frame: FrameIndex;
  /** Within the picture. */
  readonly box?: Box;
  readonly points: readonly PointPrompt[];
}

/** One object as the source has it, all its masks through the clip. */
export interface ImportedTrack {
  /** What the source calls it: the same in the same source, so that importing again finds the same object. */
  readonly key: string;
  /** The id it had, where the source was written by Masklet. */
  readonly id?: string;
  readonly label?: string;
  readonly color?: string;
  /** By frame, ascending; none is empty. */
  readonly masks: readonly ImportedMask[];
  /** By frame, ascending; instead of masks where prompts were asked for. */
  readonly prompts: readonly ImportedPrompt[];
  /** Frames on which the source says that the object is not there; ascending. */
  readonly absent: readonly FrameIndex[];
  readonly occluded: readonly FrameIndex[];
}

/** What a source has of one video. */
export interface ImportedClip {
  readonly tracks: readonly ImportedTrack[];
  /** SHA-256 of what was read. */
  readonly sha256: string;
  /** By which rule frames were counted. */
  readonly counting: string;
  /** How what was found was understood. */
  readonly notes: readonly string[];
  /** What was not taken, and why. */
  readonly skipped: readonly SkippedParts[];
}

/** What an import is to make. */
export function importKind({ as, format }: Pick<ImportParams, 'as' | 'format'>): ImportKind {
  return as ?? (importRow(format).boxes === 'only' ? 'prompts' : 'masks');
}

/** The video that masks are imported for. */
export interface ImportVideo {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly frameCount: number;
}

export interface ImportSource {
  /** A file or folder; full path. */
  readonly from: string;
  /** What the video is called in it. */
  readonly name?: string | undefined;
  /** Where nothing goes by the video's name, the only video there is is not meant. */
  readonly byName?: boolean | undefined;
  /** The number that the source gives the first frame, where the user says so. */
  readonly firstFrame?: 0 | 1 | undefined;
  /** Crowds (COCO's `iscrowd`) are objects like others, unless they are to be left out. */
  readonly crowd?: 'keep' | 'skip' | undefined;
  /** Default: masks. */
  readonly as?: ImportKind | undefined;
  /** Prompts: as in `ImportParams`. */
  readonly every?: number | undefined;
  readonly video: ImportVideo;
  readonly signal: AbortSignal;
}

/** One format. */
export interface Importer {
  readonly format: ImportFormat;
  /** @throws MaskletError `import/malformed`, `input/invalid`, `cancelled` */
  read(source: ImportSource, collector: Collector): Promise<void>;
}

/** Where an importer puts what it finds; everything is checked here, once for all formats. */
export interface Collector {
  /** @throws MaskletError `import/malformed` where there are too many */
  track(key: string, description?: TrackDescription): TrackCollector;
  /** True where boxes and points are wanted; a mask then counts as its box. */
  readonly wantsPrompts: boolean;
  /** Of objects that are on one frame only, those on every n-th frame are wanted. */
  readonly every: number;
  /** To be asked before work whose amount the source decides. */
  readonly work: ImportWork;
  /** Bytes that were read: what the import is identified by. */
  hash(bytes: Uint8Array | string): void;
  /** By which rule frames were counted; said once. */
  counted(rule: string): void;
  note(message: string): void;
  /**
   * Something that is not taken.
   * @param reason what and why, in the plural: `polygons of fewer than 3 points`.
   * @param example where it is.
   */
  skip(reason: string, example: string): void;
}

export interface TrackDescription {
  readonly id?: string;
  readonly label?: string;
  readonly color?: string;
}

export interface TrackCollector {
  /**
   * A mask; several on one frame are united. An empty one says that the object is not there. One that does not fit the
   * video is left out and counted.
   */
  mask(frame: FrameIndex, mask: RleMask, where: string): void;
  /**
   * A box, in pixels of the source's picture. What reaches beyond the picture is cut off; one that is empty or outside, and a
   * second one on a frame, is left out and counted. Only where prompts are wanted.
   * @param corners x0, y0, x1, y1, in any order of corners; anything else is left out, too.
   */
  box(frame: FrameIndex, corners: readonly unknown[], fit: Fit, where: string): void;
  /** Points on the object (x, y), several on one frame add up; else as `box`. */
  point(frame: FrameIndex, point: readonly unknown[], fit: Fit, where: string): void;
  absent(frame: FrameIndex): void;
  occluded(frame: FrameIndex): void;
}
