// shared/protocol/query/: the tables of SQL cells.
/** A column that SQL cells may rely on. */
export interface ViewColumn {
  readonly name: string;
  readonly meaning: string;
  /** What it is, in terms of the tables beneath. */
  readonly sql: string;
}

/** A table that SQL cells may rely on, whatever the schema beneath becomes. */
export interface View {
  readonly name: string;
  readonly meaning: string;
  readonly columns: readonly ViewColumn[];
  /** The rest of the query behind it, from `FROM` on. */
  readonly from: string;
}

const column = (name: string, sql: string, meaning: string): ViewColumn => ({ name, sql, meaning });
/** `v`, `o` and `t` are the video, the object, and what a row is about where that is neither. */
const VIDEO = column('video', 'v.path', "The video's path from the folder that holds `.masklet`.");
const OBJECT = column('object', 'o.id', "The object's id, unique within its video.");
const LABEL = column('label', 'o.label', "The object's label.");
const frame = (what: string): ViewColumn => column('frame', 't.frame', `${what}, counted from 0.`);
/** Not of the object itself, so that SQLite need not look for it. */
const ITS_OBJECT = { ...OBJECT, sql: 't.object' };

/** Left joins: SQLite leaves those out whose columns are not asked for. */
const withVideoAndObject = (table: string): string => `
  FROM main.${table} t
  LEFT JOIN main.videos v ON v.id = t.video
  LEFT JOIN main.objects o ON o.video = t.video AND o.id = t.object`;

const OF_VIDEO = 'video = v.id';
const OF_OBJECT = 'video = o.video AND object = o.id';
const count = (table: string, where: string): string => `(SELECT count(*) FROM main.${table} WHERE ${where})`;

/** The documented tables of SQL cells; see docs/notebook.md. */
export const VIEWS: readonly View[] = [
  {
    name: 'videos',
    meaning: 'The videos of this folder that have annotations or were opened, a row each.',
    columns: [
      VIDEO,
      column('width', 'v.width', 'Displayed width in pixels.'),
      column('height', 'v.height', 'Displayed height in pixels.'),
      column('frames', 'v.frame_count', 'How many frames the video has.'),
      column('objects', count('objects', OF_VIDEO), 'How many objects were made in it.'),
      column('masks', count('masks', OF_VIDEO), 'How many masks there are, one an object and frame.'),
      column(
        'verified',
        count('masks', `${OF_VIDEO} AND verified = 1`),
        'How many of the masks are verified.',
      ),
      column(
        'annotated_frames',
        `(SELECT count(DISTINCT frame) FROM main.masks WHERE ${OF_VIDEO})`,
        'How many frames have a mask.',
      ),
      column(
        'verified_frames',
        `(SELECT count(*) FROM
          (SELECT 1 FROM main.masks WHERE ${OF_VIDEO} GROUP BY frame HAVING min(verified) = 1))`,
        'How many frames have masks, all of them verified.',
      ),
      column('byte_size', 'v.byte_size', "The file's size in bytes."),
      column('sha256', 'v.sha256', 'SHA-256 of the file; NULL until it is known.'),
      column('split', 'split_of(v.path)', 'Its split by `.masklet/splits.json`; NULL where it is in none.'),
    ],
    from: 'FROM main.videos v',
  },
  {
    name: 'objects',
    meaning: 'The objects of all videos, a row each.',
    columns: [
      VIDEO,
      OBJECT,
      LABEL,
      column('color', 'o.color', "The object's colour, `#rrggbb`."),
      column('attributes', 'o.attributes', 'Its attributes as a JSON object, for `attributes ->> name`.'),
      column('masks', count('masks', OF_OBJECT), 'How many masks it has.'),
      column('verified', count('masks', `${OF_OBJECT} AND verified = 1`), 'How many of them are verified.'),
      column('prompts', count('prompts', OF_OBJECT), 'On how many frames it was prompted.'),
      column(
        'first_frame',
        `(SELECT min(frame) FROM main.masks WHERE ${OF_OBJECT} AND area > 0)`,
        'The first frame with a mask of it that is not empty.',
      ),
      column(
        'last_frame',
        `(SELECT max(frame) FROM main.masks WHERE ${OF_OBJECT} AND area > 0)`,
        'The last frame with a mask of it that is not empty.',
      ),
    ],
    from: 'FROM main.objects o LEFT JOIN main.videos v ON v.id = o.video',
  },
  {
    name: 'masks',
    meaning: 'The masks of all objects, a row an object and frame.',
    columns: [
      VIDEO,
      frame("The mask's frame"),
      ITS_OBJECT,
      LABEL,
      column(
        'state',
        't.state',
        "'prompted', 'propagated', 'edited' (by hand) or 'absent' (the object is not in the frame).",
      ),
      column('verified', 't.verified', '1 where somebody verified it, else 0.'),
      column('local', 't.local', '1 where it was kept for its own frame alone, else 0.'),
      column(
        'gold',
        't.gold IS NOT NULL',
        '1 where it is a reference that propagation is measured by, else 0.',
      ),
      column(
        'j',
        "t.gold ->> 'j'",
        'Region similarity of what propagation found on a gold frame; else NULL.',
      ),
      column('f', "t.gold ->> 'f'", 'Contour accuracy of what propagation found on a gold frame; else NULL.'),
      column('area', 't.area', 'Pixels in the mask.'),
      column('x0', 't.x0', 'Left edge of its box, in pixels.'),
      column('y0', 't.y0', 'Upper edge of its box, in pixels.'),
      column('x1', 't.x1', 'Right edge of its box, exclusive.'),
      column('y1', 't.y1', 'Lower edge of its box, exclusive.'),
      column('iou', 't.iou', 'Predicted IoU, 0 to 1; NULL where no model predicted it.'),
      column(
        'object_score',
        't.object_score',
        'How sure the model is that the object is in the frame, 0 to 1; NULL where none said.',
      ),
      column('pts', 't.pts', "The frame's presentation time, in ticks of the video's time base."),
      column('model', "t.provenance ->> 'model'", 'The model that made it; NULL where a hand did.'),
      column(
        'direction',
        "t.provenance ->> 'direction'",
        "Which way propagation went: 'forward' or 'backward'; NULL elsewhere.",
      ),
      column('width', 'v.width', "The video's width in pixels."),
      column('height', 'v.height', "The video's height in pixels."),
    ],
    from: withVideoAndObject('masks'),
  },
  {
    name: 'prompts',
    meaning: 'What masks are made from: a row an object and frame that was prompted.',
    columns: [
      VIDEO,
      frame('The prompted frame'),
      ITS_OBJECT,
      LABEL,
      column(
        'positive',
        "(SELECT count(*) FROM json_each(t.points) WHERE value ->> 'label' = 1)",
        'How many points are on the object.',
      ),
      column(
        'negative',
        "(SELECT count(*) FROM json_each(t.points) WHERE value ->> 'label' = 0)",
        'How many points are outside it.',
      ),
      column('box', 't.box', 'The box as a JSON list [x0, y0, x1, y1]; NULL without one.'),
      column(
        'has_mask',
        't.mask_counts IS NOT NULL',
        '1 where a mask was given as the prompt, or is corrected by the points.',
      ),
      column(
        'candidate',
        'coalesce(t.candidate, 0)',
        "Which of the model's candidates is taken; 0 is its best.",
      ),
    ],
    from: withVideoAndObject('prompts'),
  },
  {
    name: 'suspicious',
    meaning:
      'Tracked masks that somebody should look at, as in the view "Suspicious Frames". Computed when asked for.',
    columns: [
      VIDEO,
      frame('The frame'),
      ITS_OBJECT,
      LABEL,
      column(
        'reasons',
        't.reasons',
        "Why, separated by commas: 'low-object-score', 'low-iou', 'area-jump', 'position-jump', 'low-overlap', 'direction-disagreement', 'box-disagreement', 'appears-or-vanishes'.",
      ),
      column(
        'first_frame',
        't.first_frame',
        'First frame of the unbroken span of suspicious frames that this one is in.',
      ),
      column('last_frame', 't.last_frame', 'Last frame of that span.'),
      column('span_frames', 't.last_frame - t.first_frame + 1', 'How many frames the span has.'),
    ],
    from: `
      FROM main.videos v
      JOIN suspicious_frames t ON t.video_id = v.id
      LEFT JOIN main.objects o ON o.video = v.id AND o.id = t.object`,
  },
  {
    name: 'effort',
    meaning:
      'Work by hand in the editor on this machine, an object each; the setting `masklet.countEffort` turns the counting off.',
    columns: [
      VIDEO,
      ITS_OBJECT,
      LABEL,
      column('clicks', 't.clicks', 'Points, boxes, and commands such as verifying.'),
      column('strokes', 't.strokes', 'Brush strokes and outlines.'),
      column('seconds', 't.seconds', 'Seconds of active work; pauses over 30 s are not counted.'),
      column(
        'masks',
        count('masks', 'video = t.video AND object = t.object'),
        'How many masks the object has.',
      ),
      column(
        'seconds_per_mask',
        `t.seconds / nullif(${count('masks', 'video = t.video AND object = t.object')}, 0)`,
        'Seconds per object and frame; NULL where it has no mask.',
      ),
    ],
    from: withVideoAndObject('effort'),
  },
  {
    name: 'labels',
    meaning: 'The labels in use, one row each.',
    columns: [
      LABEL,
      column('objects', 'count(*)', 'How many objects have it.'),
      column('videos', 'count(DISTINCT o.video)', 'In how many videos.'),
      column('masks', `sum(${count('masks', OF_OBJECT)})`, 'How many masks these objects have.'),
      column(
        'verified',
        `sum(${count('masks', `${OF_OBJECT} AND verified = 1`)})`,
        'How many of them are verified.',
      ),
    ],
    from: 'FROM main.objects o GROUP BY o.label',
  },
];

/** The query behind a view; its columns come in their order. */
export function viewQuery({ columns, from }: View): string {
  return `SELECT ${columns.map(({ sql }) => sql).join(', ')} ${from}`;
}
