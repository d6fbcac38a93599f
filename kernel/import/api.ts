import type { FrameIndex } from '../../shared/domain/video';
import type { ImportFormat } from '../../shared/formats';
import type { RleMask } from '../../shared/domain/annotations';
import type { ImportWork } from './work';
import type { SkippedParts } from '../../shared/protocol/dataset';

export interface ImportedMask {
  readonly frame: FrameIndex;
  readonly mask: RleMask;
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
  absent(frame: FrameIndex): void;
  occluded(frame: FrameIndex): void;
}
