import { basename, dirname } from 'node:path';
import type { ManifestClip } from '../../export/manifest';
import { encodeRle } from '../../masks/rle';
import type { FrameIndex } from '../../../shared/domain/video';
import type { RleMask } from '../../../shared/domain/annotations';
import { foldersOf, numbersOf } from '../../video/fileNumbers';
import type { Collector, Importer, ImportSource, ImportVideo, TrackCollector } from '../api';
import {
  checkName,
  chooseName,
  chooseParts,
  ownPatterns,
  possibleNames,
  type VideoClues,
} from '../chooseName';
import { cluesOf, CvatMeta } from '../cvatMeta';
import { filesWith, isFolder } from '../files';
import { malformed } from '../malformed';
import { findManifest, type KnownClip } from '../manifest';
import { fitOf, scaledNote, type Fit } from '../pictureSize';
import { fillPolygons, otherSize } from '../shapes';
import { framesOf, NO_FRAME } from '../sourceFrames';
import { UngroupedShapes } from '../ungrouped';
import { readXml } from '../xmlElements';

type Attributes = Readonly<Record<string, string>>;

/** What CVAT draws that is not a mask. Boxes and points become prompts where those are wanted. */
const OTHER_SHAPES = new Set(['box', 'ellipse', 'polyline', 'points', 'cuboid', 'skeleton', 'tag']);

/**
 * CVAT for video 1.1, and for images 1.1. A track of polygons is an object, whatever group it is in. Masks are single frames;
 * Masklet writes each as a track, and all of an object with its number as `group_id`.
 */
export const cvat: Importer = {
  format: 'cvat',
  read: async (source, collector) => {
    const manifest = await findManifest(source);
    const file = await fileOf(source, manifest);
    const reader = new CvatReader(collector.wantsPrompts);
    await readXml(file, reader, collector, source.signal);
    const fileName = basename(file, '.xml');
    const ownName = fileName === 'annotations' && file !== source.from ? basename(dirname(file)) : fileName;
    // A file of several videos says itself which is which.
    if (reader.meta.tasks.length < 2 && !reader.meta.isOf(possibleNames(source, manifest))) {
      checkName(ownName, source, manifest);
    }
    await new CvatImport(reader, source, manifest, collector).take();
  },
};

interface CvatShape {
  readonly kind: 'mask' | 'polygon' | 'box' | 'points';
  readonly attributes: Attributes;
  readonly where: string;
}

/** A `track` or an `image` with its shapes. */
interface CvatGroup {
  readonly attributes: Attributes;
  readonly where: string;
  readonly shapes: CvatShape[];
  /** Other shapes than masks, each with its place. */
  readonly others: { readonly name: string; readonly where: string }[];
}

/** Reads the document; what it means for the video is decided when all of it is known. */
class CvatReader {
  readonly meta = new CvatMeta();
  readonly tracks: CvatGroup[] = [];
  readonly images: CvatGroup[] = [];
  private group: CvatGroup | undefined;
  private depth = 0;

  /** @param boxes boxes and points are shapes, too. */
  constructor(private readonly boxes: boolean) {}

  open(name: string, attributes: Attributes, where: string): void {
    if (this.depth++ === 0 && name !== 'annotations') throw malformed(where, 'it is not a CVAT file');
    this.meta.open(name);
    if (name === 'track' || name === 'image') {
      this.group = { attributes, where, shapes: [], others: [] };
      (name === 'track' ? this.tracks : this.images).push(this.group);
    } else if (
      name === 'mask' ||
      name === 'polygon' ||
      (this.boxes && (name === 'box' || name === 'points'))
    ) {
      this.group?.shapes.push({ kind: name, attributes, where });
    } else if (OTHER_SHAPES.has(name)) this.group?.others.push({ name, where });
  }

  text(text: string): void {
    this.meta.text(text);
  }

  close(name: string): void {
    this.depth--;
    this.meta.close(name);
    if (name === 'track' || name === 'image') this.group = undefined;
  }
}

class CvatImport {
  private readonly ungrouped: UngroupedShapes;

  constructor(
    private readonly document: CvatReader,
    private readonly source: ImportSource,
    private readonly manifest: KnownClip | undefined,
    private readonly collector: Collector,
  ) {
    this.ungrouped = new UngroupedShapes(collector);
  }

  async take(): Promise<void> {
    const own = this.ownGroups();
    const tracks = this.document.tracks.filter((track) => own.has(track));
    const images = this.document.images.filter((image) => own.has(image));
    for (const { others } of [...tracks, ...images]) {
      for (const { name, where } of others)
        this.collector.skip(`shapes of type "${name}", which are not masks`, where);
    }
    if (tracks.length > 0) {
      await this.takeTracks(tracks);
    }
    await this.takeImages(images);
    this.ungrouped.finish();
  }

  /** The tracks and images of the video, where the file has several tasks. */
  private ownGroups(): ReadonlySet<CvatGroup> {
    const { tracks, images, meta } = this.document;
    const parts = new Map<string, VideoClues>();
    const keys = new Map<CvatGroup, string>();
    const isFromImage = new Set(images);
    for (const group of [...tracks, ...images]) {
      const { attributes } = group;
      const folders = isFromImage.has(group) ? foldersOf(attributes.name ?? '') : [];
      const key = JSON.stringify([attributes.task_id ?? '', attributes.subset ?? '', folders]);
      keys.set(group, key);
      if (!parts.has(key)) parts.set(key, cluesOf(attributes, meta.of(attributes.task_id), folders));
    }
    if (parts.size === 0) return new Set();
    // That only one of several tasks has annotations does not make it this video's.
    if (meta.tasks.length > 1) {
      for (const task of meta.tasks) {
        const key = JSON.stringify([task.id ?? '']);
        if (![...keys.keys()].some(({ attributes }) => attributes.task_id === task.id)) {
          parts.set(key, cluesOf({}, task, []));
        }
      }
    }
    // One task needs no name: the file's own has been looked at.
    const wanted =
      parts.size === 1 && meta.tasks.length <= 1
        ? new Set(parts.keys())
        : chooseParts(parts, this.source, this.manifest);
    return new Set([...keys].filter(([, key]) => wanted.has(key)).map(([group]) => group));
  }

  private fit(attributes: Attributes): Fit {
    const task = this.document.meta.of(attributes.task_id);
    const side = (name: 'width' | 'height'): unknown =>
      attributes[name] === undefined ? task?.[name] : Number(attributes[name]);
    return fitOf(side('width'), side('height'), this.source.video);
  }

  private async takeTracks(tracks: readonly CvatGroup[]): Promise<void> {
    const numbers = new Set<number>();
    for (const { shapes } of tracks) {
      for (const { attributes, where } of shapes) numbers.add(whole(attributes, 'frame', where));
    }
    const listed = [...numbers];
    const frames = await framesOf(
      listed.map((index) => ({ index })),
      this.source,
      false,
      this.collector,
      this.source.firstFrame === undefined ? { fromZero: 'CVAT numbers the frames of a video so' } : {},
    );
    const frameOf = new Map(listed.map((number, i) => [number, frames[i]]));
    const maskTracks = tracks.filter(({ shapes }) => shapes.some(({ kind }) => kind === 'mask'));
    const joined = groupsOfMasks(maskTracks);
    for (const track of tracks) await this.takeTrack(track, frameOf, joined);
  }

  private async takeTrack(
    track: CvatGroup,
    frameOf: ReadonlyMap<number, FrameIndex | undefined>,
    joined: ReadonlySet<string>,
  ): Promise<void> {
    const { attributes, where: place } = track;
    const label = labelOf(attributes, place);
    const fit = this.fit(attributes);
    const mask = track.shapes.find(({ kind }) => kind === 'mask');
    if (mask) {
      // CVAT itself keeps the first of a track's masks; the others only end it.
      for (const shape of track.shapes) {
        if (shape === mask || shape.attributes.outside === '1') continue;
        this.collector.skip('shapes of a track of masks beyond its first', shape.where);
      }
      const frame = frameOf.get(whole(mask.attributes, 'frame', mask.where));
      const group = groupOf(attributes, place);
      if (mask.attributes.outside === '1') return;
      const put = await this.shapePut(mask, fit, frame);
      if (!put || frame === undefined) return;
      if (group === 0) {
        this.ungrouped.add(label, frame, put);
        return;
      }
      const key = joined.has(`${group}:${label}`)
        ? `group:${group}:${label}`
        : `track:${attributes.id ?? place}`;
      put(this.collector.track(key, { label, ...this.known(group, label) }));
      return;
    }
    const object = this.polygonTrack(attributes, place, label);
    let outsideFrom: FrameIndex | undefined;
    const shapes = [...track.shapes].sort(
      (a, b) => whole(a.attributes, 'frame', a.where) - whole(b.attributes, 'frame', b.where),
    );
    for (const shape of shapes) {
      const frame = frameOf.get(whole(shape.attributes, 'frame', shape.where));
      if (shape.attributes.outside === '1') {
        // A frame after the last one may end a track.
        outsideFrom ??= frame;
        continue;
      }
      if (outsideFrom !== undefined && frame !== undefined) this.leave(object, outsideFrom, frame);
      outsideFrom = undefined;
      (await this.shapePut(shape, fit, frame))?.(object);
    }
    if (outsideFrom !== undefined) this.leave(object, outsideFrom, this.source.video.frameCount);
  }

  /** In a file of ours `outside` ends an annotation, and says nothing of the object. */
  private leave(object: TrackCollector, first: FrameIndex, end: FrameIndex): void {
    if (this.manifest) return;
    for (let frame = first; frame < end; frame++) object.absent(frame);
  }

  private polygonTrack(attributes: Attributes, place: string, label: string): TrackCollector {
    const known = this.known(groupOf(attributes, place), label);
    const task = attributes.task_id === undefined ? '' : `${attributes.task_id}:`;
    const key = known ? `object:${known.id}` : `track:${task}${attributes.id ?? place}`;
    return this.collector.track(key, { label, ...known });
  }

  private async takeImages(images: readonly CvatGroup[]): Promise<void> {
    const { collector, source } = this;
    const names = images.map(({ attributes }) => attributes.name ?? '');
    const { names: numbered } = numbersOf(names);
    const patterns = ownPatterns(
      numbered.map(({ pattern }) => pattern),
      source,
      this.manifest,
    );
    const own = patterns ? images.filter((_, i) => patterns.has(numbered[i].pattern)) : images;
    if (own.length < images.length) {
      collector.note(
        `${images.length - own.length} pictures are named after other videos and were left aside.`,
      );
    }
    const frames = await framesOf(
      own.map(({ attributes }) => ({ name: attributes.name ?? '' })),
      source,
      false,
      collector,
    );
    for (const [i, image] of own.entries()) {
      const fit = this.fit(image.attributes);
      for (const shape of image.shapes) await this.takeImageShape(shape, fit, frames[i]);
    }
  }

  private async takeImageShape(shape: CvatShape, fit: Fit, frame: FrameIndex | undefined): Promise<void> {
    const { attributes, where } = shape;
    const label = labelOf(attributes, where);
    const group = groupOf(attributes, where);
    const put = await this.shapePut(shape, fit, frame);
    if (!put || frame === undefined) return;
    if (group === 0) {
      this.ungrouped.add(label, frame, put);
      return;
    }
    put(this.collector.track(`group:${group}:${label}`, { label, ...this.known(group, label) }));
  }

  /** Undefined where the shape cannot be used, which has been counted. */
  private async shapePut(
    shape: CvatShape,
    fit: Fit,
    frame: FrameIndex | undefined,
  ): Promise<((track: TrackCollector) => void) | undefined> {
    const { attributes, where, kind } = shape;
    await this.collector.work.turn();
    if (frame === undefined) {
      const example = attributes.frame === undefined ? where : `frame ${attributes.frame}, ${where}`;
      this.collector.skip(NO_FRAME, example);
      return undefined;
    }
    const put =
      kind === 'box' || kind === 'points'
        ? promptPut(kind, attributes, where, frame, fit)
        : await this.maskPut(shape, fit, frame);
    if (!put || attributes.occluded !== '1') return put;
    return (track) => {
      put(track);
      track.occluded(frame);
    };
  }

  private async maskPut(
    shape: CvatShape,
    fit: Fit,
    frame: FrameIndex,
  ): Promise<((track: TrackCollector) => void) | undefined> {
    const mask = await this.shapeMask(shape, fit);
    return mask && ((track) => track.mask(frame, mask, shape.where));
  }

  private async shapeMask({ attributes, where, kind }: CvatShape, fit: Fit): Promise<RleMask | undefined> {
    const { collector } = this;
    const { video } = this.source;
    if (kind === 'polygon') {
      const { mask, problems } = await fillPolygons(
        [pointsOf(attributes.points ?? '')],
        fit,
        video,
        where,
        collector.work,
      );
      for (const problem of problems) collector.skip(problem, where);
      if (mask && fit.kind === 'scaled') collector.note(scaledNote(fit, video));
      return mask;
    }
    if (fit.kind !== 'same') {
      collector.skip(otherSize(fit.from, video), where);
      return undefined;
    }
    const { mask, problem } = boxMask(attributes, video);
    if (problem !== undefined) collector.skip(problem, where);
    return mask;
  }

  private known(group: number, label: string): { readonly id: string; readonly color: string } | undefined {
    const known = this.manifest?.byNumber.get(group);
    return known?.label === label ? { id: known.id, color: known.color } : undefined;
  }
}

/** Groups of mask tracks that are on no frame twice: the masks of one object, as Masklet writes them. */
function groupsOfMasks(tracks: readonly CvatGroup[]): ReadonlySet<string> {
  const frames = new Map<string, Set<string>>();
  const twice = new Set<string>();
  for (const { attributes, shapes, where } of tracks) {
    const group = groupOf(attributes, where);
    const mask = shapes.find(({ kind }) => kind === 'mask');
    if (group === 0 || !mask) continue;
    const key = `${group}:${labelOf(attributes, where)}`;
    const known = frames.get(key) ?? new Set<string>();
    const frame = mask.attributes.frame ?? '';
    if (known.has(frame)) twice.add(key);
    frames.set(key, known.add(frame));
  }
  return new Set([...frames.keys()].filter((key) => !twice.has(key)));
}

function promptPut(
  kind: 'box' | 'points',
  attributes: Attributes,
  where: string,
  frame: FrameIndex,
  fit: Fit,
): (track: TrackCollector) => void {
  if (kind === 'box') {
    const corners = ['xtl', 'ytl', 'xbr', 'ybr'].map((name) => Number(attributes[name] ?? NaN));
    return (track) => track.box(frame, corners, fit, where);
  }
  const points = pointsOf(attributes.points ?? '');
  return (track) => {
    for (let i = 0; i < points.length; i += 2) track.point(frame, points.slice(i, i + 2), fit, where);
  };
}

/** Run lengths along the rows of a box, the first of pixels outside; what lies beyond the picture is cut off, and said. */
function boxMask(
  attributes: Attributes,
  { width, height }: ImportVideo,
): { mask?: RleMask; problem?: string } {
  const unfit = { problem: 'masks whose run lengths do not fit their box' };
  const box = ['left', 'top', 'width', 'height'].map((name) => attributes[name] ?? '');
  if (!box.every((text) => /^-?\d{1,9}$/.test(text)))
    return { problem: 'masks without a box of whole numbers' };
  const [left, top, boxWidth, boxHeight] = box.map(Number);
  const total = boxWidth * boxHeight;
  if (boxWidth < 1 || boxHeight < 1 || boxWidth > 2 * width || boxHeight > 2 * height) {
    return { problem: 'masks whose box is empty or far larger than the picture' };
  }
  const inside = new Uint8Array(width * height);
  let position = 0;
  let cut = false;
  let filled = false;
  for (const [n, text] of (attributes.rle ?? '').split(',').entries()) {
    const run = /^\s*\d{1,10}\s*$/.test(text) ? Number(text) : NaN;
    if (!(position + run <= total)) return unfit;
    if (n % 2 === 1) {
      for (let i = position; i < position + run; i++) {
        const [x, y] = [left + (i % boxWidth), top + Math.floor(i / boxWidth)];
        if (x >= 0 && x < width && y >= 0 && y < height) {
          inside[y * width + x] = 1;
          filled = true;
        } else cut = true;
      }
    }
    position += run;
  }
  if (position !== total) return unfit;
  if (!filled) return { problem: cut ? 'masks outside of the picture' : 'masks without pixels' };
  return {
    mask: encodeRle(inside, width, height),
    ...(cut ? { problem: 'parts of masks that reach beyond the picture, which were cut off' } : {}),
  };
}

/** x0, y0, x1, ...; NaN where the text is no number. */
function pointsOf(text: string): number[] {
  if (text.trim() === '') return [];
  return text.split(/[;,]/).map((part) => (part.trim() === '' ? NaN : Number(part)));
}

function labelOf(attributes: Attributes, where: string): string {
  if (attributes.label !== undefined) return attributes.label;
  throw malformed(where, 'it has no label');
}

function groupOf(attributes: Attributes, where: string): number {
  return attributes.group_id === undefined || attributes.group_id === ''
    ? 0
    : whole(attributes, 'group_id', where);
}

function whole(attributes: Attributes, name: string, where: string): number {
  const text = attributes[name] ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw malformed(where, `"${name}" is not a whole number from 0`);
}

async function fileOf(source: ImportSource, manifest: ManifestClip | undefined): Promise<string> {
  const { from } = source;
  if (!(await isFolder(from))) {
    return from;
  }
  const byName = new Map((await filesWith(from, '.xml', 2)).map((file) => [basename(file, '.xml'), file]));
  const only = byName.get('annotations');
  if (only !== undefined && byName.size === 1) {
    return only;
  }
  return byName.get(chooseName([...byName.keys()], source, manifest))!;
}
