/** What every program says of a video. Frames count from 0. */
export type FrameIndex = number;

/** Half-open on neither side: `first` and `last` are both in the range. */
export interface FrameRange {
  readonly first: FrameIndex;
  readonly last: FrameIndex;
}

export interface VideoIdentity {
  readonly byteSize: number;
  /** Hash of size, first and last megabyte: known at once. */
  readonly fingerprint: string;
  /** SHA-256 of the file (of the sorted names and contents, for a folder of images); follows in the background. */
  readonly sha256?: string;
}

/** What is known of the end of a video that is still being indexed. */
export interface Indexing {
  /** How many frames the file announces; absent where it does not say. */
  readonly expectedFrames?: number;
}

export interface VideoInfo extends VideoIdentity {
  readonly path: string;
  readonly kind: 'file' | 'images';
  readonly frameCount: number;
  /** Displayed size: after rotation. */
  readonly width: number;
  readonly height: number;
  readonly codec: string;
  readonly container: string;
  /** Clockwise degrees that the metadata asks for; `width` and `height` have it applied. */
  readonly rotation: 0 | 90 | 180 | 270;
  /** Seconds per PTS tick, as a fraction. */
  readonly timeBase: readonly [numerator: number, denominator: number];
  readonly firstPts: number;
  readonly lastPts: number;
  /** Mean frames a second over the presented frames; 0 for one frame. */
  readonly fps: number;
  readonly variableRate: boolean;
  /** What the decoder complained of while the video was indexed: empty for a sound file. */
  readonly warnings: readonly string[];
  /**
   * Present while the video is still being decoded to find all of its frames: `frameCount`, `lastPts`, `fps`, `variableRate` and
   * `warnings` are those of the frames found so far, whose numbers are final.
   */
  readonly indexing?: Indexing;
}
