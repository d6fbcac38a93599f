import { rleMeasure } from '../../masks/rle';
import type {
  Gold,
  Box,
  MarkRecord,
  MaskRecord,
  PointPrompt,
  Provenance,
  RleMask,
  View,
} from '../../../shared/domain/annotations';
import { isQuality, qualities } from '../../../shared/domain/annotations';
import { OBJECT_ID, type LineFile } from './layout';
import { PROVENANCE, extraOf, formatRow, sortedObject, type Row } from './records';

/** What lines must fit. */
export interface LineContext {
  readonly width: number;
  readonly height: number;
  readonly frameCount: number;
  hasObject(id: string): boolean;
}

/** Why a line cannot be used; the message says which field. */
export class LineError extends Error {}

/**
 * Reads and checks one line.
 * @throws LineError
 */
export function parseLine(text: string, file: LineFile, context: LineContext): Row {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new LineError(`it is not valid JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  return checkLine(json, file, context);
}

/**
 * Checks a row that comes from elsewhere than a line.
 * @throws LineError
 */
export function checkRow(row: Row, file: LineFile, context: LineContext): Row {
  return parseLine(formatRow(row), file, context);
}

/**
 * Checks one line that is JSON already.
 * @throws LineError
 */
export function checkLine(json: unknown, file: LineFile, context: LineContext): Row {
  const fields = new Fields(json);
  switch (file.kind) {
    case 'object': {
      const order = fields.takeOptional('order');
      if (order !== undefined && integerOf(order, 'order') < 0)
        throw new LineError('"order" must not be below 0');
      return {
        kind: 'object',
        record: {
          id: file.object,
          label: fields.text('label'),
          color: fields.match('color', /^#[0-9a-f]{6}$/i, 'a colour such as #12ab9f'),
          attributes: attributesOf(fields.take('attributes')),
          ...(order === undefined ? {} : { order: integerOf(order, 'order') }),
        },
        extra: fields.rest(),
      };
    }
    case 'prompt': {
      const points = fields.takeOptional('points');
      const box = fields.takeOptional('box');
      const mask = fields.takeOptional('mask');
      const candidate = fields.takeOptional('candidate');
      const part = fields.takeOptional('part');
      if (candidate !== undefined && candidate !== 1 && candidate !== 2)
        throw new LineError('"candidate" must be 1 or 2');
      return {
        kind: 'prompt',
        record: {
          object: objectOf(fields.text('object'), context),
          frame: fields.frame('frame', context),
          points: points === undefined ? [] : pointsOf(points, context),
          ...(box === undefined ? {} : { box: boxOf(box, context) }),
          ...(mask === undefined ? {} : { mask: rleOf(new Fields(mask), context).rle }),
          ...(candidate === undefined ? {} : { candidate }),
          ...(part === undefined ? {} : { part: partOf(part, context) }),
        },
        extra: fields.rest(),
      };
    }
    case 'mask':
      return maskOf(fields, file.object, context);
    case 'mark':
      return { kind: 'mark', record: markOf(fields, context), extra: fields.rest() };
  }
}

/**
 * The key of a line that cannot be used, as far as it can be made out: the row it stood for is not deleted.
 * Undefined where it could be any.
 */
export function salvageKey(text: string, file: LineFile): string | undefined {
  if (file.kind === 'object') return file.object;
  if (file.kind === 'mark') return undefined;
  const frame = /"frame"\s*:\s*(\d+)\s*[,}]/.exec(text)?.[1];
  const object = file.kind === 'mask' ? file.object : /"object"\s*:\s*"([\w-]+)"/.exec(text)?.[1];
  return frame === undefined || object === undefined ? undefined : `${object}/${Number(frame)}`;
}

/** The fields of one line, taken one by one; what is left over is unknown to this version. */
class Fields {
  private readonly left: Map<string, unknown>;

  constructor(json: unknown) {
    if (typeof json !== 'object' || json === null || Array.isArray(json))
      throw new LineError('it is not a JSON object');
    this.left = new Map(Object.entries(json));
  }

  take(name: string): unknown {
    if (!this.left.has(name)) throw new LineError(`"${name}" is missing`);
    return this.takeOptional(name);
  }

  takeOptional(name: string): unknown {
    const value = this.left.get(name);
    this.left.delete(name);
    return value;
  }

  rest(): Row['extra'] {
    return extraOf([...this.left]);
  }

  text(name: string): string {
    const value = this.take(name);
    if (typeof value !== 'string') throw new LineError(`"${name}" must be text`);
    return value;
  }

  match(name: string, pattern: RegExp, description: string): string {
    const value = this.text(name);
    if (!pattern.test(value)) throw new LineError(`"${name}" must be ${description}`);
    return value;
  }

  integer(name: string): number {
    return integerOf(this.take(name), name);
  }

  frame(name: string, context: LineContext): number {
    const frame = this.integer(name);
    if (frame < 0 || frame >= context.frameCount) {
      throw new LineError(`"${name}" is ${frame}, but the video has ${context.frameCount} frames`);
    }
    return frame;
  }

  score(name: string): number | null {
    const value = this.take(name);
    if (value === null) return null;
    if (typeof value !== 'number' || !(value >= 0 && value <= 1)) {
      throw new LineError(`"${name}" must be null or a number from 0 to 1`);
    }
    return value;
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T {
    const value = this.take(name);
    if (!values.includes(value as T)) throw new LineError(`"${name}" must be one of ${values.join(', ')}`);
    return value as T;
  }
}

function integerOf(value: unknown, name: string): number {
  if (!Number.isSafeInteger(value)) throw new LineError(`"${name}" must be a whole number`);
  // Never -0, which text and database would not keep.
  return (value as number) + 0;
}

function objectOf(id: string, context: LineContext): string {
  if (!OBJECT_ID.test(id)) throw new LineError('"object" must be 1 to 64 letters, digits, "_" or "-"');
  if (!context.hasObject(id)) throw new LineError(`there is no object "${id}"`);
  return id;
}

function attributesOf(value: unknown): Record<string, string | number | boolean> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new LineError('"attributes" must be a JSON object');
  }
  for (const [name, attribute] of Object.entries(value)) {
    const sound =
      typeof attribute === 'string' || typeof attribute === 'boolean' || Number.isFinite(attribute);
    if (!sound) throw new LineError(`the attribute "${name}" must be text, a number, true or false`);
  }
  return sortedObject(value as Record<string, string | number | boolean>);
}

function numberIn(value: unknown, low: number, high: number, name: string): number {
  if (typeof value !== 'number' || !(value >= low && value <= high)) {
    throw new LineError(`"${name}" must be within the picture`);
  }
  return value + 0;
}

function pointsOf(value: unknown, { width, height }: LineContext): PointPrompt[] {
  if (!Array.isArray(value)) throw new LineError('"points" must be a list');
  return value.map((point: unknown) => {
    if (!Array.isArray(point) || point.length !== 3) throw new LineError('a point must be [x, y, label]');
    const [x, y, label] = point as unknown[];
    if (label !== 0 && label !== 1) throw new LineError('the label of a point must be 0 or 1');
    return { x: numberIn(x, 0, width, 'points'), y: numberIn(y, 0, height, 'points'), label };
  });
}

function boxOf(value: unknown, { width, height }: LineContext): Box {
  if (!Array.isArray(value) || value.length !== 4) throw new LineError('"box" must be [x0, y0, x1, y1]');
  const [x0, y0, x1, y1] = value as unknown[];
  const box: Box = [
    numberIn(x0, 0, width, 'box'),
    numberIn(y0, 0, height, 'box'),
    numberIn(x1, 0, width, 'box'),
    numberIn(y1, 0, height, 'box'),
  ];
  if (box[0] > box[2] || box[1] > box[3]) throw new LineError('"box" must be [x0, y0, x1, y1]');
  return box;
}

function rleOf(fields: Fields, { width, height }: LineContext): { rle: RleMask; area: number; box: Box } {
  const size = fields.take('size');
  if (!Array.isArray(size) || size.length !== 2 || size[0] !== height || size[1] !== width) {
    throw new LineError(`"size" must be [${height}, ${width}], the video's`);
  }
  const rle: RleMask = { size: [height, width], counts: fields.text('counts') };
  try {
    return { rle, ...rleMeasure(rle) };
  } catch {
    throw new LineError('"counts" is not a run-length encoding of this size');
  }
}

function maskOf(fields: Fields, object: string, context: LineContext): Row {
  objectOf(object, context);
  const frame = fields.frame('frame', context);
  const pts = fields.integer('pts');
  const { rle, area, box } = rleOf(fields, context);
  // Box and area follow from the mask. They are for readers of the text; the mask is what counts.
  fields.integer('area');
  if (!Array.isArray(fields.take('bbox'))) throw new LineError('"bbox" must be [x0, y0, x1, y1]');
  const verified = fields.take('verified');
  if (typeof verified !== 'boolean') throw new LineError('"verified" must be true or false');
  const local = fields.takeOptional('local');
  if (local !== undefined && typeof local !== 'boolean') throw new LineError('"local" must be true or false');
  const gold = fields.takeOptional('gold');
  const provenance = fields.take('provenance');
  const provenanceFields = provenance === null ? undefined : new Fields(provenance);
  const record: MaskRecord = {
    object,
    frame,
    pts,
    mask: rle,
    bbox: box,
    area,
    iou: fields.score('iou'),
    objectScore: fields.score('objectScore'),
    state: fields.oneOf('state', ['prompted', 'propagated', 'edited', 'absent']),
    verified,
    ...(local ? { local } : {}),
    ...(gold === undefined ? {} : { gold: goldOf(new Fields(gold), context) }),
    provenance: provenanceFields ? provenanceOf(provenanceFields, context) : null,
  };
  const unknown = provenanceFields?.rest();
  const extra = unknown ? { ...fields.rest(), [PROVENANCE]: unknown } : fields.rest();
  return { kind: 'mask', record, extra };
}

/** Without a measure where no propagation has been there. */
function goldOf(fields: Fields, context: LineContext): Gold {
  const share = (name: string): number | undefined => {
    const value = fields.takeOptional(name);
    if (value === undefined || (typeof value === 'number' && value >= 0 && value <= 1)) return value;
    throw new LineError(`"${name}" must be a number from 0 to 1`);
  };
  const [j, f] = [share('j'), share('f')];
  if (j === undefined || f === undefined) return {};
  const { rle } = rleOf(fields, context);
  const [iou, objectScore] = [fields.score('iou'), fields.score('objectScore')];
  const state = fields.oneOf('state', ['propagated', 'absent']);
  const provenance = provenanceOf(new Fields(fields.take('provenance')), context);
  return { measured: { j, f, mask: rle, iou, objectScore, state, provenance } };
}

function provenanceOf(fields: Fields, context: LineContext): Provenance {
  const view = fields.takeOptional('view');
  const quality = fields.takeOptional('quality');
  if (quality !== undefined && !isQuality(quality)) {
    throw new LineError(`"quality" must be one of ${qualities.join(', ')}`);
  }
  const provenance = {
    model: fields.text('model'),
    modelSha256: fields.text('modelSha256'),
    revision: fields.text('revision'),
    ...(view === undefined ? {} : { view: viewOf(new Fields(view), context) }),
    ...(quality === undefined ? {} : { quality }),
  };
  const direction = fields.takeOptional('direction');
  if (direction === undefined) return provenance;
  if (direction !== 'forward' && direction !== 'backward') {
    throw new LineError('"direction" must be forward or backward');
  }
  return { ...provenance, direction };
}

function viewOf(fields: Fields, context: LineContext): View {
  const part = partOf(fields.take('part'), context);
  const size = fields.integer('size');
  if (size <= 0) throw new LineError('"size" must be above 0');
  return { part, size };
}

/** A part of the frame in whole pixels. */
function partOf(value: unknown, context: LineContext): Box {
  const part = boxOf(value, context);
  if (!part.every(Number.isInteger)) throw new LineError('"part" must be in whole pixels');
  if (part[0] === part[2] || part[1] === part[3]) throw new LineError('"part" must not be empty');
  return part;
}

function markOf(fields: Fields, context: LineContext): MarkRecord {
  const object = objectOf(fields.text('object'), context);
  const first = fields.frame('first', context);
  const last = fields.frame('last', context);
  if (last < first) throw new LineError('"last" must not be before "first"');
  const attributes = fields.takeOptional('attributes');
  return {
    object,
    kind: fields.oneOf('kind', ['absent', 'occluded', 'truncated', 'out-of-view', 'attributes']),
    first,
    last,
    ...(attributes === undefined ? {} : { attributes: attributesOf(attributes) }),
  };
}
