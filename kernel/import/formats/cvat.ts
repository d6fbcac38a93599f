import { basename, dirname } from 'node:path';
import type { ManifestClip } from '../../export/manifest';
import { encodeRle } from '../../masks/rle';
import type { RleMask } from '../../../shared/domain/annotations';
import type { Collector, Importer, ImportSource, ImportVideo } from '../api';
import { checkName, chooseName } from '../chooseName';
import { malformed } from '../collect';
import { filesWith, isFolder } from '../files';
import { fillOne } from '../fillPolygons';
import { requireNumber } from '../frameNumbers';
import { findManifest } from '../manifest';
import { UngroupedMasks } from '../ungrouped';
import { readXml } from '../xmlElements';

type Attributes = Readonly<Record<string, string>>;

/** What CVAT draws that is no mask. */
const OTHER_SHAPES = new Set(['box', 'ellipse', 'polyline', 'points', 'cuboid', 'skeleton', 'tag']);

/**
 * CVAT for video 1.1, and for images 1.1. A track of polygons is an object; masks are single frames, and one object where
 * they have a `group_id` in common.
 */
export const cvat: Importer = {
  format: 'cvat',
  read: async (source, collector) => {
    const manifest = await findManifest(source);
    const file = await fileOf(source, manifest);
    const reader = new CvatReader(source.video, collector, (group, label) => {
      const known = manifest?.byNumber.get(group);
      return known?.label === label ? { id: known.id, color: known.color } : undefined;
    });
    await readXml(file, reader, collector, source.signal);
    reader.finish();
  },
};

class CvatReader {
  private readonly ungrouped: UngroupedMasks;
  private track: { attributes: Attributes; masks: boolean } | undefined;
  /** Of "for images", where shapes stand in pictures. */
  private image: number | undefined;
  private depth = 0;

  constructor(
    private readonly video: ImportVideo,
    private readonly collector: Collector,
    private readonly known: (
      group: number,
      label: string,
    ) => { readonly id: string; readonly color: string } | undefined,
  ) {
    this.ungrouped = new UngroupedMasks(collector);
  }

  open(name: string, attributes: Attributes, where: string): void {
    if (this.depth++ === 0 && name !== 'annotations') throw malformed(where, 'it is no CVAT file');
    if (name === 'track') this.track = { attributes, masks: false };
    else if (name === 'image') this.image = requireNumber(attributes.name ?? '', where);
    else if (name === 'mask' || name === 'polygon') this.shape(name, attributes, where);
    else if (OTHER_SHAPES.has(name) && (this.track || this.image !== undefined)) {
      this.collector.skip(`Shapes of type "${name}" are no masks.`);
    }
  }

  close(name: string): void {
    this.depth--;
    if (name === 'track') this.track = undefined;
    if (name === 'image') this.image = undefined;
  }

  finish(): void {
    this.ungrouped.finish();
  }

  private shape(kind: 'mask' | 'polygon', attributes: Attributes, where: string): void {
    const { track } = this;
    const owner = track?.attributes ?? attributes;
    const label = owner.label;
    if (label === undefined) throw malformed(where, 'a shape has no label');
    const frame = track ? whole(attributes, 'frame', where) : this.image;
    if (frame === undefined) return;
    const group = owner.group_id === undefined ? 0 : whole(owner, 'group_id', where);
    const outside = attributes.outside === '1';
    const occluded = attributes.occluded === '1';
    // CVAT itself keeps the first of a track's masks; the others only end it.
    if (track && kind === 'mask' && track.masks) return;
    if (track && kind === 'mask') track.masks = true;
    if (outside) {
      if (kind === 'polygon' && track) this.trackFor(group, label, track.attributes.id).absent(frame);
      return;
    }
    const mask =
      kind === 'mask'
        ? maskOf(attributes, this.video, where)
        : fillOne(pointsOf(attributes.points ?? '', where), this.video, where, this.collector.work);
    if (group === 0 && (kind === 'mask' || !track)) {
      this.ungrouped.add(label, { frame, mask, where, occluded });
      return;
    }
    const object = this.trackFor(group, label, track?.attributes.id);
    object.mask(frame, mask, where);
    if (occluded) object.occluded(frame);
  }

  private trackFor(group: number, label: string, id = ''): ReturnType<Collector['track']> {
    const key = group > 0 ? `group:${group}:${label}` : `track:${id}`;
    return this.collector.track(key, { label, ...this.known(group, label) });
  }
}

/** Run lengths along the rows of a box, the first of pixels outside. */
function maskOf(attributes: Attributes, { width, height, path }: ImportVideo, where: string): RleMask {
  const [left, top, boxWidth, boxHeight] = ['left', 'top', 'width', 'height'].map((name) =>
    whole(attributes, name, where),
  );
  if (left + boxWidth > width || top + boxHeight > height) {
    throw malformed(where, `a mask reaches beyond the picture, for ${path} is ${width}x${height}`);
  }
  const inside = new Uint8Array(width * height);
  let position = 0;
  for (const [n, text] of (attributes.rle ?? '').split(',').entries()) {
    const run = /^\s*\d{1,10}\s*$/.test(text) ? Number(text) : NaN;
    if (!(position + run <= boxWidth * boxHeight)) {
      throw malformed(where, 'the run lengths of a mask do not fit its box');
    }
    if (n % 2 === 1) {
      for (let i = position; i < position + run; i++) {
        inside[(top + Math.floor(i / boxWidth)) * width + left + (i % boxWidth)] = 1;
      }
    }
    position += run;
  }
  if (position !== boxWidth * boxHeight) {
    throw malformed(where, 'the run lengths of a mask do not fit its box');
  }
  return encodeRle(inside, width, height);
}

function pointsOf(text: string, where: string): number[] {
  const numbers = text.split(/[;,]/).map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (numbers.every(Number.isFinite)) return numbers;
  throw malformed(where, 'the points of a polygon are no numbers');
}

function whole(attributes: Attributes, name: string, where: string): number {
  const text = attributes[name] ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw malformed(where, `"${name}" is no whole number from 0`);
}

async function fileOf(source: ImportSource, manifest: ManifestClip | undefined): Promise<string> {
  const { from } = source;
  if (!(await isFolder(from))) {
    checkName(basename(from, '.xml'), source, manifest);
    return from;
  }
  const byName = new Map((await filesWith(from, '.xml', 2)).map((file) => [basename(file, '.xml'), file]));
  const only = byName.get('annotations');
  if (only !== undefined && byName.size === 1) {
    checkName(basename(dirname(only)), source, manifest);
    return only;
  }
  return byName.get(chooseName([...byName.keys()], source, manifest))!;
}
