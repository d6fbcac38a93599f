import { createHash } from 'node:crypto';
import { isValidRle, rleArea, rleBox } from '../masks/rle';
import { rleUnionOf } from '../masks/union';
import { limits } from '../../shared/limits';
import { ImportWork } from './work';
import type { FrameIndex } from '../../shared/domain/video';
import type { Box, PointPrompt, RleMask } from '../../shared/domain/annotations';
import type { SkippedParts } from '../../shared/protocol/dataset';
import type {
  Collector,
  ImportedClip,
  ImportedMask,
  ImportedPrompt,
  ImportedTrack,
  ImportVideo,
  TrackCollector,
  TrackDescription,
} from './api';
import { malformed } from './malformed';
import { boxProblem, placedBox, placedPoint } from './boxes';
import type { Fit } from './pictureSize';
import { scaledNote } from './pictureSize';
import { otherSize } from './shapes';
import { refuseDamagedText } from './text';

/** More different ones would make a report that nobody reads. */
const REASONS_KEPT = 100;
const NOTES_KEPT = 100;

/** Gathers what an importer finds, and checks that it fits the video. */
export class ImportCollector implements Collector {
  private readonly tracks = new Map<string, Track>();
  private readonly sha256 = createHash('sha256');
  private readonly rules = new Set<string>();
  private readonly notes = new Set<string>();
  private readonly skipped = new Map<string, { count: number; example: string }>();

  readonly work: ImportWork;

  constructor(
    private readonly video: ImportVideo,
    signal: AbortSignal,
    readonly wantsPrompts = false,
    readonly every = 1,
  ) {
    this.work = new ImportWork(signal);
  }

  track(key: string, description: TrackDescription = {}): TrackCollector {
    let track = this.tracks.get(key);
    if (!track && this.tracks.size >= limits.import.tracks) {
      throw malformed(key, `the import has more than ${limits.import.tracks} objects`);
    }
    if (!track) this.tracks.set(key, (track = new Track(description, this.video, this)));
    return new LabelledTrack(track, description.label);
  }

  hash(bytes: Uint8Array | string): void {
    this.sha256.update(bytes);
  }

  counted(rule: string): void {
    this.rules.add(rule);
  }

  note(message: string): void {
    if (this.notes.size < NOTES_KEPT) this.notes.add(message);
  }

  skip(reason: string, example: string): void {
    const key =
      this.skipped.size < REASONS_KEPT || this.skipped.has(reason) ? reason : 'parts for more reasons';
    const known = this.skipped.get(key);
    if (known) known.count++;
    else this.skipped.set(key, { count: 1, example });
  }

  async finish(): Promise<ImportedClip> {
    const tracks: ImportedTrack[] = [];
    for (const [key, track] of this.tracks) tracks.push(await track.finish(key));
    return {
      tracks,
      sha256: this.sha256.digest('hex'),
      counting: [...this.rules].join(' '),
      notes: [...this.notes],
      skipped: [...this.skipped].map(([reason, rest]): SkippedParts => ({ reason, ...rest })),
    };
  }
}

/** One object of the source, by the label that it has at this place. */
class LabelledTrack implements TrackCollector {
  constructor(
    private readonly track: Track,
    private readonly label: string | undefined,
  ) {}

  mask(frame: FrameIndex, mask: RleMask, where: string): void {
    this.track.mask(frame, mask, where, this.label);
  }

  box(frame: FrameIndex, corners: readonly unknown[], fit: Fit, where: string): void {
    this.track.box(frame, corners, fit, where, this.label);
  }

  point(frame: FrameIndex, point: readonly unknown[], fit: Fit, where: string): void {
    this.track.point(frame, point, fit, where, this.label);
  }

  absent(frame: FrameIndex): void {
    this.track.absent(frame);
  }

  occluded(frame: FrameIndex): void {
    this.track.occluded(frame);
  }
}

class Track {
  /** Several on one frame are united at the end, all at once. */
  private readonly masks = new Map<FrameIndex, RleMask[]>();
  private readonly absentFrames = new Set<FrameIndex>();
  private readonly occludedFrames = new Set<FrameIndex>();
  /** On how many masks each label stands. */
  private readonly labels = new Map<string, number>();
  private united = 0;
  private readonly boxes = new Map<FrameIndex, Box>();
  private readonly points = new Map<FrameIndex, PointPrompt[]>();
  private cut = 0;

  constructor(
    private readonly description: TrackDescription,
    private readonly video: ImportVideo,
    private readonly collector: Collector,
  ) {}

  mask(frame: FrameIndex, mask: RleMask, where: string, label: string | undefined): void {
    const { width, height } = this.video;
    if (mask.size[0] !== height || mask.size[1] !== width) {
      this.collector.skip(otherSize({ width: mask.size[1], height: mask.size[0] }, this.video), where);
      return;
    }
    if (!isValidRle(mask)) {
      this.collector.skip('run lengths that do not fit their size', where);
      return;
    }
    if (!this.isOnFrame(frame, 'masks', where)) return;
    if (this.collector.wantsPrompts && rleArea(mask) > 0) {
      this.box(frame, rleBox(mask), { kind: 'same' }, where, label);
      return;
    }
    this.count(where, label);
    const known = this.masks.get(frame);
    if (rleArea(mask) === 0) {
      if (!known) this.absentFrames.add(frame);
      return;
    }
    if (known) {
      this.united++;
      known.push(mask);
    } else this.masks.set(frame, [mask]);
  }

  box(
    frame: FrameIndex,
    corners: readonly unknown[],
    fit: Fit,
    where: string,
    label: string | undefined,
  ): void {
    if (!this.isOnFrame(frame, 'boxes', where)) return;
    const placed = placedBox(corners, fit, this.video);
    if ('problem' in placed) {
      this.collector.skip(placed.problem, where);
      return;
    }
    if (this.boxes.has(frame)) {
      this.collector.skip(boxProblem.twice, `frame ${frame}, ${where}`);
      return;
    }
    this.count(where, label);
    if (placed.cut) this.cut++;
    if (fit.kind === 'scaled') this.collector.note(scaledNote(fit, this.video));
    this.boxes.set(frame, placed.box);
  }

  point(
    frame: FrameIndex,
    point: readonly unknown[],
    fit: Fit,
    where: string,
    label: string | undefined,
  ): void {
    if (!this.isOnFrame(frame, 'points', where)) return;
    const placed = placedPoint(point, fit, this.video);
    if ('problem' in placed) {
      this.collector.skip(placed.problem, where);
      return;
    }
    this.count(where, label);
    const known = this.points.get(frame);
    if (known) known.push(placed.point);
    else this.points.set(frame, [placed.point]);
  }

  absent(frame: FrameIndex): void {
    this.addTo(this.absentFrames, frame);
  }

  occluded(frame: FrameIndex): void {
    this.addTo(this.occludedFrames, frame);
  }

  async finish(key: string): Promise<ImportedTrack> {
    const masks: ImportedMask[] = [];
    for (const [frame, parts] of this.masks) {
      await this.collector.work.turn();
      masks.push({ frame, mask: rleUnionOf(parts) });
    }
    const ascending = (frames: Iterable<FrameIndex>): FrameIndex[] => [...frames].sort((a, b) => a - b);
    const label = this.label(key);
    if (this.cut > 0) {
      this.collector.note(
        `${this.cut} boxes of "${label ?? key}" (${key}) reach beyond the picture: they were cut at its edges.`,
      );
    }
    if (this.united > 0) {
      this.collector.note(
        `"${label ?? key}" (${key}) has ${this.united} more masks on frames where it has one already: they were united.`,
      );
    }
    return {
      key,
      ...this.description,
      ...(label === undefined ? {} : { label }),
      masks: masks.sort((a, b) => a.frame - b.frame),
      prompts: this.prompts(),
      absent: ascending(this.absentFrames).filter(
        (frame) => !this.masks.has(frame) && !this.boxes.has(frame) && !this.points.has(frame),
      ),
      occluded: ascending(this.occludedFrames),
    };
  }

  private prompts(): ImportedPrompt[] {
    const frames = [...new Set([...this.boxes.keys(), ...this.points.keys()])].sort((a, b) => a - b);
    return frames.map((frame) => {
      const box = this.boxes.get(frame);
      return { frame, points: this.points.get(frame) ?? [], ...(box ? { box } : {}) };
    });
  }

  /** @param what in the plural. @throws MaskletError `import/malformed` */
  private isOnFrame(frame: FrameIndex, what: string, where: string): boolean {
    const { frameCount } = this.video;
    if (!Number.isInteger(frame) || frame < 0) throw malformed(where, `${frame} is not a frame number`);
    if (frame < frameCount) return true;
    this.collector.skip(
      `${what} on frames beyond the video, which has ${frameCount}`,
      `frame ${frame}, ${where}`,
    );
    return false;
  }

  private count(where: string, label: string | undefined): void {
    this.collector.work.row(where);
    if (label === undefined) return;
    refuseDamagedText(label, where);
    this.labels.set(label, (this.labels.get(label) ?? 0) + 1);
  }

  private addTo(frames: Set<FrameIndex>, frame: FrameIndex): void {
    if (!(frame >= 0 && frame < this.video.frameCount) || frames.has(frame)) return;
    this.collector.work.row(`Frame ${frame}`);
    frames.add(frame);
  }

  /** The label of most of its masks, the first of several; that it changes is said. */
  private label(key: string): string | undefined {
    const labels = [...this.labels].sort((a, b) => b[1] - a[1]);
    const [most] = labels;
    if (!most) return this.description.label;
    if (labels.length > 1) {
      const all = labels.map(([label, count]) => `"${label}" on ${count}`).join(', ');
      this.collector.note(
        `The class of ${key} changes along it (${all} ${this.collector.wantsPrompts ? 'frames' : 'masks'}): it was imported as "${most[0]}".`,
      );
    }
    return most[0];
  }
}
