import type { VideoIdentity, VideoInfo } from '../../shared/domain/video';

/** What the video worker is started with. */
export interface VideoWorkerData {
  readonly path: string;
  readonly ffmpeg: { readonly path: string; readonly version: string };
  readonly cacheBytes: number;
  readonly spillBytes: number;
  /** Four doubles, written by the worker: see `COUNTERS`. */
  readonly counters: SharedArrayBuffer;
}

/** Places of the counters in the shared buffer. */
export const COUNTERS = ['decoderStarts', 'framesDecoded', 'cacheHits', 'cacheBytes'] as const;

/** What a video is as far as its index has come. */
export interface GrownVideo {
  readonly info: VideoInfo;
  /** PTS of the frames that are new since this was last told. */
  readonly pts: Float64Array;
}

/** What loading a video tells in the end. */
export interface LoadedVideo extends GrownVideo {
  /** The known index was taken: nothing was decoded. */
  readonly indexTaken: boolean;
  /** To be kept for the next time. */
  readonly index: Uint8Array;
  /** An index was given that is not by this user on this machine, and was not looked at. */
  readonly indexRefused: boolean;
}

/** The methods of the video worker, which holds one video: `identify`, then `load`, then the others in any order. */
export type VideoWorkerApi = {
  identify: [null, { readonly byteSize: number; readonly fingerprint: string }];
  /** Frames can be asked for as soon as progress has told of them. */
  load: [{ readonly known: Uint8Array | undefined; readonly maxFrames: number }, LoadedVideo, GrownVideo];
  /** RGB over a SharedArrayBuffer. */
  frame: [{ readonly index: number }, Uint8Array];
  hash: [null, VideoIdentity];
  hasChanged: [null, boolean];
  /** Ends all decoders; settles when they are gone. */
  close: [null, null];
};
