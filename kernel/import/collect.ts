import { createHash } from 'node:crypto';
import { MaskletError } from '../../shared/protocol/errors';
import { isValidRle, rleArea } from '../masks/rle';
import { rleUnionOf } from '../masks/union';
import type { FrameIndex } from '../../shared/domain/video';
import type { RleMask } from '../../shared/domain/annotations';
import { limits } from '../../shared/limits';
import { ImportWork } from './work';
import type {
  Collector,
  ImportedClip,
  ImportedMask,
  ImportedTrack,
  ImportVideo,
  TrackCollector,
  TrackDescription,
} from './api';

/** More would make a report that nobody reads. */
const MESSAGES_KEPT = 100;

/** Gathers what an importer finds, and checks that it fits the video. */
export class ImportCollector implements Collector {
  private readonly tracks = new Map<string, Track>();
  private readonly sha256 = createHash('sha256');
  private readonly notes = new Set<string>();
  private readonly skipped = new Set<string>();
  private moreSkipped = 0;

  readonly work: ImportWork;

  constructor(
    private readonly video: ImportVideo,
    signal: AbortSignal,
  ) {
    this.work = new ImportWork(signal);
  }

  track(key: string, description: TrackDescription = {}): TrackCollector {
    let track = this.tracks.get(key);
    if (track) return track;
    if (this.tracks.size >= limits.import.tracks) {
      throw malformed(key, `the import has more than ${limits.import.tracks} objects`);
    }
    this.tracks.set(key, (track = new Track(description, this.video, this)));
    return track;
  }

  hash(bytes: Uint8Array | string): void {
    this.sha256.update(bytes);
  }

  note(message: string): void {
    if (this.notes.size < MESSAGES_KEPT) this.notes.add(message);
  }

  skip(message: string): void {
    if (this.skipped.has(message)) return;
    if (this.skipped.size < MESSAGES_KEPT) this.skipped.add(message);
    else this.moreSkipped++;
  }

  async finish(): Promise<ImportedClip> {
    const rest = this.moreSkipped > 0 ? [`... and ${this.moreSkipped} more.`] : [];
    const tracks: ImportedTrack[] = [];
    for (const [key, track] of this.tracks) tracks.push(await track.finish(key));
    return {
      tracks,
      sha256: this.sha256.digest('hex'),
      notes: [...this.notes],
      skipped: [...this.skipped, ...rest],
    };
  }
}

class Track implements TrackCollector {
  /** Several on one frame are united at the end, all at once. */
  private readonly masks = new Map<FrameIndex, RleMask[]>();
  private readonly absentFrames = new Set<FrameIndex>();
  private readonly occludedFrames = new Set<FrameIndex>();

  constructor(
    private readonly description: TrackDescription,
    private readonly video: ImportVideo,
    private readonly collector: Collector,
  ) {}

  mask(frame: FrameIndex, mask: RleMask, where: string): void {
    const { width, height, path } = this.video;
    if (mask.size[0] !== height || mask.size[1] !== width) {
      throw malformed(
        where,
        `it is ${mask.size[1]}x${mask.size[0]}, but ${path} is ${width}x${height}`,
        'Import it for the video that it was made on, in that size.',
      );
    }
    if (!isValidRle(mask)) throw malformed(where, 'its run lengths do not fit its size');
    if (!this.isInVideo(frame, where)) return;
    this.collector.work.row(where);
    const known = this.masks.get(frame);
    if (rleArea(mask) === 0) this.absentFrames.add(frame);
    else if (known) known.push(mask);
    else this.masks.set(frame, [mask]);
  }

  absent(frame: FrameIndex): void {
    this.addTo(this.absentFrames, frame);
  }

  occluded(frame: FrameIndex): void {
    this.addTo(this.occludedFrames, frame);
  }

  async finish(key: string): Promise<ImportedTrack> {
    const ascending = (frames: Iterable<FrameIndex>): FrameIndex[] => [...frames].sort((a, b) => a - b);
    const masks: ImportedMask[] = [];
    for (const [frame, parts] of this.masks) {
      await this.collector.work.turn();
      masks.push({ frame, mask: rleUnionOf(parts) });
    }
    return {
      key,
      ...this.description,
      masks: masks.sort((a, b) => a.frame - b.frame),
      absent: ascending(this.absentFrames).filter((frame) => !this.masks.has(frame)),
      occluded: ascending(this.occludedFrames),
    };
  }

  private addTo(frames: Set<FrameIndex>, frame: FrameIndex): void {
    if (!(frame >= 0 && frame < this.video.frameCount) || frames.has(frame)) return;
    this.collector.work.row(`Frame ${frame}`);
    frames.add(frame);
  }

  private isInVideo(frame: FrameIndex, where: string): boolean {
    const { frameCount } = this.video;
    if (!Number.isInteger(frame) || frame < 0) throw malformed(where, `${frame} is no frame number`);
    if (frame < frameCount) return true;
    this.collector.skip(`Frame ${frame} is beyond the video, which has ${frameCount} frames.`);
    return false;
  }
}

/** @param where what is wrong, for example a file and the place in it. */
export function malformed(where: string, why: string, hint?: string): MaskletError {
  return new MaskletError('import/malformed', `${where} cannot be imported: ${why}.`, {
    ...(hint === undefined ? {} : { hint }),
  });
}
