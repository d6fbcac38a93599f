/** Who gives the pixels of frames inside the video worker, whatever they are decoded from. */
export interface FrameProvider {
  /**
   * RGB, width * height * 3 bytes of shared memory that never change again.
   *
   * @throws MaskletError `video/truncated`, `video/changed`, `ffmpeg/failed`, `cancelled`.
   */
  frame(index: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** More frames can be asked for: the index has grown. */
  grown(): void;
  /** Ends everything and frees the memory; requests still open end with `cancelled`. */
  close(): Promise<void>;
}

/** What a provider counts; see `DecodeStatistics`. */
export interface Counters {
  decoderStarts: number;
  framesDecoded: number;
  cacheHits: number;
  cacheBytes: number;
}
