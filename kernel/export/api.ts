import type { ImageKind } from '../../shared/formats';
import type { FrameIndex, VideoIdentity, VideoInfo } from '../../shared/domain/video';
import type { MarkRecord, MaskRecord, ObjectRecord } from '../../shared/domain/annotations';
import type { RgbFrame } from '../video/api';
import type { FoundClip } from '../clips/findClips';
import type { ExportFolder } from './exportFolder';

/** A class of objects: a label with its number, from 1, the same in the whole export. */
export interface Category {
  readonly id: number;
  readonly name: string;
}

export interface ExportObject extends ObjectRecord {
  /** From 1, in the order of the ids; where masks overlap, the larger number lies on top. */
  readonly number: number;
  readonly category: Category;
}

/** One object's mask on one frame; never empty. */
export interface ExportMask {
  readonly object: ExportObject;
  readonly record: MaskRecord;
  readonly occluded: boolean;
}

/** One annotated video, opened. */
export interface ExportClip {
  readonly path: string;
  /** Unique in the export, safe as a file name. */
  readonly name: string;
  readonly split: string;
  readonly video: VideoInfo;
  readonly pts: readonly number[];
  readonly objects: readonly ExportObject[];
  readonly marks: readonly MarkRecord[];
  /** Those to export; ascending. */
  readonly frames: readonly FrameIndex[];
  /** Masks with pixels, in the order of the objects. */
  masks(frame: FrameIndex): readonly ExportMask[];
  /** Objects of which is known that they are not in this frame. */
  absent(frame: FrameIndex): readonly ExportObject[];
  picture(frame: FrameIndex): Promise<RgbFrame>;
  /** The full path of the file that a frame is, of a clip that is a folder of pictures. */
  pictureFile(frame: FrameIndex): string | undefined;
  /** With the full hash. */
  identity(): Promise<VideoIdentity>;
}

/** The choices of an export, with what was left open filled in. */
export interface ExportOptions {
  readonly shapes: 'masks' | 'polygons';
  readonly images: ImageKind;
  readonly codec: 'prores' | 'webm';
  /** The distance of the frames exported; undefined where there is no one distance. */
  readonly step?: number;
}

export interface ExportContext {
  readonly folder: ExportFolder;
  readonly options: ExportOptions;
  /** The ffmpeg to run. */
  readonly ffmpeg: string;
  readonly signal: AbortSignal;
  /** To be called for every frame that is done, in every pass. */
  readonly frameDone: () => void;
  readonly warn: (message: string) => void;
}

/** A description of all that is exported. */
export interface ExportCard {
  add(clip: ExportClip, found: FoundClip): void;
  /** @returns what could not be read. */
  write(folder: ExportFolder, format: string): Promise<readonly string[]>;
}

/** Writes clips one after the other, then what belongs to all of them. */
export interface ExportWriter {
  /** @throws MaskletError `export/limit`, `storage/*`, `cancelled`, and as the video's source. */
  clip(clip: ExportClip): Promise<void>;
  /** @param categories all that occurred. */
  finish(categories: readonly Category[]): Promise<void>;
}

/** One format. */
export interface Exporter {
  /** How often the frames of a clip are gone over; default: once. */
  passes?(clip: ExportClip): number;
  start(context: ExportContext): ExportWriter;
}
