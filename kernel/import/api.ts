import type { FrameIndex } from '../../shared/domain/video';
import type { ImportFormat } from '../../shared/formats';
import type { RleMask } from '../../shared/domain/annotations';
import type { ImportWork } from './work';

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
  /** How what was found was understood. */
  readonly notes: readonly string[];
  /** What was not taken, and why. */
  readonly skipped: readonly string[];
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
  readonly name?: string;
  /** Where nothing goes by the video's name, the only video there is is not meant. */
  readonly byName?: boolean;
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
  note(message: string): void;
  skip(message: string): void;
}

export interface TrackDescription {
  readonly id?: string;
  readonly label?: string;
  readonly color?: string;
}

export interface TrackCollector {
  /**
   * A mask; several on one frame are united. An empty one says that the object is not there.
   * @throws MaskletError `import/malformed` where it does not fit the video.
   */
  mask(frame: FrameIndex, mask: RleMask, where: string): void;
  absent(frame: FrameIndex): void;
  occluded(frame: FrameIndex): void;
}
