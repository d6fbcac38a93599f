import type {
  FramePrompt,
  Gold,
  MarkRecord,
  MaskRecord,
  ObjectRecord,
  PointPrompt,
  Provenance,
  RleMask,
} from '../../../shared/domain/annotations';

/** Fields of a line that this version does not know: written back as they came, in the order of their names. */
export type Extra = Readonly<Record<string, unknown>>;

/** In a mask's extra fields: the unknown fields of its provenance, which no unknown field can be named as. */
export const PROVENANCE = 'provenance';

/** One annotation: a row of the database, a line of the sidecar. */
export type Row =
  | { readonly kind: 'object'; readonly record: ObjectRecord; readonly extra?: Extra | undefined }
  | { readonly kind: 'prompt'; readonly record: FramePrompt; readonly extra?: Extra | undefined }
  | { readonly kind: 'mask'; readonly record: MaskRecord; readonly extra?: Extra | undefined }
  | { readonly kind: 'mark'; readonly record: MarkRecord; readonly extra?: Extra | undefined };

/** The one way to write a row: equal rows give equal text, so lines are compared as text. No line end. */
export function formatRow(row: Row): string {
  switch (row.kind) {
    case 'object':
      return line(objectFields(row.record), row.extra);
    case 'prompt':
      return line(promptFields(row.record), row.extra);
    case 'mask':
      return formatMask(row.record, row.extra);
    case 'mark':
      return line(markFields(row.record), row.extra);
  }
}

/** An object whose entries come in the order of their names; `fromEntries` also copes with `__proto__`. */
export function sortedObject<T>(value: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/** Undefined where there is nothing in it. */
export function extraOf(entries: readonly [string, unknown][]): Extra | undefined {
  return entries.length === 0 ? undefined : sortedObject(Object.fromEntries(entries));
}

function line(fields: Record<string, unknown>, extra: Extra | undefined): string {
  return JSON.stringify(extra ? { ...fields, ...extra } : fields);
}

function formatMask(record: MaskRecord, extra: Extra | undefined): string {
  if (!extra || !(PROVENANCE in extra)) return line(maskFields(record), extra);
  const { [PROVENANCE]: ofProvenance, ...rest } = extra;
  const fields = maskFields(record);
  if (record.provenance) {
    fields[PROVENANCE] = { ...provenanceFields(record.provenance), ...(ofProvenance as Extra) };
  }
  return line(fields, rest);
}

function objectFields({ label, color, attributes, order }: ObjectRecord): Record<string, unknown> {
  return { label, color, attributes: sortedObject(attributes), ...(order === undefined ? {} : { order }) };
}

function promptFields(prompt: FramePrompt): Record<string, unknown> {
  const { object, frame, points, box, mask, candidate, part } = prompt;
  return {
    object,
    frame,
    ...(points.length > 0 ? { points: points.map(pointFields) } : {}),
    ...(box ? { box } : {}),
    ...(mask ? { mask: rleFields(mask) } : {}),
    ...(candidate ? { candidate } : {}),
    ...(part ? { part } : {}),
  };
}

function pointFields({ x, y, label }: PointPrompt): [number, number, number] {
  return [x, y, label];
}

function rleFields({ size, counts }: RleMask): RleMask {
  return { size, counts };
}

function maskFields(mask: MaskRecord): Record<string, unknown> {
  return {
    frame: mask.frame,
    pts: mask.pts,
    ...rleFields(mask.mask),
    bbox: mask.bbox,
    area: mask.area,
    iou: mask.iou,
    objectScore: mask.objectScore,
    state: mask.state,
    verified: mask.verified,
    ...(mask.local ? { local: true } : {}),
    ...(mask.gold ? { gold: goldFields(mask.gold) } : {}),
    provenance: mask.provenance && provenanceFields(mask.provenance),
  };
}

function goldFields({ measured }: Gold): Record<string, unknown> {
  if (!measured) return {};
  const { j, f, mask, iou, objectScore, state, provenance } = measured;
  return { j, f, ...rleFields(mask), iou, objectScore, state, provenance: provenanceFields(provenance) };
}

function provenanceFields({
  model,
  modelSha256,
  revision,
  direction,
  view,
  quality,
}: Provenance): Provenance {
  return {
    model,
    modelSha256,
    revision,
    ...(direction ? { direction } : {}),
    ...(view ? { view: { part: view.part, size: view.size } } : {}),
    ...(quality ? { quality } : {}),
  };
}

function markFields({ object, kind, first, last, attributes }: MarkRecord): Record<string, unknown> {
  return {
    object,
    kind,
    first,
    last,
    ...(attributes ? { attributes: sortedObject(attributes) } : {}),
  };
}
