import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Indexing, VideoInfo } from '../../shared/domain/video';

/**
 * What one full decoding of a video told: the truth about which frames there are. While that decoding still runs, the frames that
 * it has come to, and what is listed stays as it is.
 */
export interface VideoIndex {
  readonly kind: VideoInfo['kind'];
  readonly container: string;
  readonly codec: string;
  readonly rotation: VideoInfo['rotation'];
  readonly timeBase: readonly [numerator: number, denominator: number];
  readonly width: number;
  readonly height: number;
  readonly warnings: readonly string[];
  /** Decoder threads that give the same pictures every time: one for a damaged stream. */
  readonly threads: number;
  /** Strictly ascending, one per frame. */
  readonly pts: Float64Array;
  /** False where the file gave none, or the same twice, or out of order: then they do not identify pictures. */
  readonly ptsReliable: boolean;
  /** Frames that decoding may start at, ascending; the first is always 0. */
  readonly keys: Uint32Array;
  /** See `PictureInfo`; empty for images. */
  readonly checksums: Uint32Array;
  readonly lumaChecksums: Uint32Array;
  /** Present while more frames may follow: the object's holders see its arrays replaced by longer ones. */
  readonly growing?: Indexing;
}

/** A group of pictures: frames `first` to `last`, decodable from `first` as far as the keyframe flags say. */
export interface FrameGroup {
  readonly key: number;
  readonly first: number;
  readonly last: number;
}

/** The group that holds `frame`. */
export function groupOf(index: VideoIndex, frame: number): FrameGroup {
  const key = upperBound(index.keys, frame) - 1;
  const next = key + 1 < index.keys.length ? index.keys[key + 1] : index.pts.length;
  return { key, first: index.keys[key], last: next - 1 };
}

/** The frame with exactly this PTS, or -1. */
export function frameAtPts(index: VideoIndex, pts: number): number {
  const frame = upperBound(index.pts, pts) - 1;
  return frame >= 0 && index.pts[frame] === pts ? frame : -1;
}

/** How many leading values are <= `value`. */
function upperBound(values: Uint32Array | Float64Array, value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The part of `VideoInfo` that an index holds. */
export function describeIndex(
  index: VideoIndex,
): Omit<VideoInfo, 'path' | 'byteSize' | 'fingerprint' | 'sha256'> {
  const { pts } = index;
  const count = pts.length;
  const seconds = ((pts[count - 1] - pts[0]) * index.timeBase[0]) / index.timeBase[1];
  return {
    kind: index.kind,
    frameCount: count,
    width: index.width,
    height: index.height,
    codec: index.codec,
    container: index.container,
    rotation: index.rotation,
    timeBase: index.timeBase,
    firstPts: pts[0],
    lastPts: pts[count - 1],
    fps: count > 1 ? (count - 1) / seconds : 0,
    variableRate: isVariable(pts),
    warnings: index.warnings,
    ...(index.growing ? { indexing: index.growing } : {}),
  };
}

/** Containers round each PTS to a tick, so that equal gaps may differ by two ticks. */
function isVariable(pts: Float64Array): boolean {
  if (pts.length < 3) return false;
  let shortest = Infinity;
  let longest = 0;
  for (let i = 1; i < pts.length; i++) {
    shortest = Math.min(shortest, pts[i] - pts[i - 1]);
    longest = Math.max(longest, pts[i] - pts[i - 1]);
  }
  return longest - shortest > Math.max(2, 0.02 * shortest);
}

/** Raised when the layout below, or the way frames are counted, changes. */
const FORMAT = 1;
/** Written in the machine's own byte order: read on a machine with the other one it does not match. */
const MAGIC = 0x4d4b4958;
/** Twenty million frames: a week of video. */
const MAX_BYTES = 2 ** 29;

interface Header {
  /** What decoded: another decoder may give other checksums. */
  readonly decoder: string;
  readonly count: number;
  readonly keyCount: number;
  readonly checksumCount: number;
  readonly facts: Omit<VideoIndex, 'pts' | 'keys' | 'checksums' | 'lumaChecksums'>;
}

/** Bytes to keep, about 10 a frame: magic, format, header length, then deflated header and arrays. */
export function serializeIndex(index: VideoIndex, decoder: string): Uint8Array {
  const { pts, keys, checksums, lumaChecksums, ...facts } = index;
  const header: Header = {
    decoder,
    count: pts.length,
    keyCount: keys.length,
    checksumCount: checksums.length,
    facts,
  };
  const text = Buffer.from(JSON.stringify(header));
  // Gaps repeat where timestamps never do.
  const gaps = pts.map((value, i) => (i === 0 ? value : value - pts[i - 1]));
  const body = Buffer.concat([text, ...[gaps, keys, checksums, lumaChecksums].map(bytesOf)]);
  return Buffer.concat([bytesOf(Uint32Array.of(MAGIC, FORMAT, text.length)), deflateRawSync(body)]);
}

/** The index as it was, or undefined where the bytes are damaged, of another format or made by another decoder: then index again. */
export function deserializeIndex(bytes: Uint8Array, decoder: string): VideoIndex | undefined {
  try {
    const [magic, format, headerLength] = new Uint32Array(Uint8Array.from(bytes.subarray(0, 12)).buffer);
    if (magic !== MAGIC || format !== FORMAT) return undefined;
    const body = inflateRawSync(bytes.subarray(12), { maxOutputLength: MAX_BYTES });
    const header = JSON.parse(body.toString('utf8', 0, headerLength)) as Header;
    if (header.decoder !== decoder || header.count < 1) return undefined;
    const lengths = [
      header.count * 8,
      header.keyCount * 4,
      header.checksumCount * 4,
      header.checksumCount * 4,
    ];
    if (headerLength + lengths.reduce((sum, length) => sum + length, 0) !== body.length) return undefined;
    let offset = headerLength;
    const [pts, keys, checksums, luma] = lengths.map((length) => {
      const part = Uint8Array.from(body.subarray(offset, (offset += length)));
      return part.buffer;
    });
    const gaps = new Float64Array(pts);
    for (let i = 1; i < gaps.length; i++) gaps[i] += gaps[i - 1];
    return {
      ...header.facts,
      pts: gaps,
      keys: new Uint32Array(keys),
      checksums: new Uint32Array(checksums),
      lumaChecksums: new Uint32Array(luma),
    };
  } catch {
    return undefined;
  }
}

function bytesOf(values: Uint32Array | Float64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
