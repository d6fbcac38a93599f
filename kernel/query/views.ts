/** A column that SQL cells may rely on. */
export interface ViewColumn {
  readonly name: string;
  readonly meaning: string;
}

/** A table that SQL cells may rely on, whatever the schema beneath becomes. */
export interface View {
  readonly name: string;
  readonly meaning: string;
  readonly columns: readonly ViewColumn[];
  /** The query behind it; its columns come in the order above. */
  readonly sql: string;
}

const VIDEO = { name: 'video', meaning: "The video's path from the folder that holds `.masklet`." };
const OBJECT = { name: 'object', meaning: "The object's id, unique within its video." };
const LABEL = { name: 'label', meaning: "The object's label." };
const frame = (what: string): ViewColumn => ({ name: 'frame', meaning: `${what}, counted from 0.` });

/** Left joins: SQLite leaves those out whose columns are not asked for. */
const WITH_VIDEO_AND_OBJECT = `
  LEFT JOIN main.videos v ON v.id = t.video
  LEFT JOIN main.objects o ON o.video = t.video AND o.id = t.object`;

/** The documented tables of SQL cells; see docs/notebook.md. */
export const VIEWS: readonly View[] = [
  {
    name: 'videos',
    meaning: 'The videos of this folder that have annotations or were opened, a row each.',
    columns: [
      VIDEO,
      { name: 'width', meaning: 'Displayed width in pixels.' },
      { name: 'height', meaning: 'Displayed height in pixels.' },
      { name: 'frames', meaning: 'How many frames the video has.' },
      { name: 'objects', meaning: 'How many objects were made in it.' },
      { name: 'masks', meaning: 'How many masks there are, one an object and frame.' },
      { name: 'verified', meaning: 'How many of the masks are verified.' },
      { name: 'annotated_frames', meaning: 'How many frames have a mask.' },
      { name: 'verified_frames', meaning: 'How many frames have masks, all of them verified.' },
      { name: 'byte_size', meaning: "The file's size in bytes." },
      { name: 'sha256', meaning: 'SHA-256 of the file; NULL until it is known.' },
      { name: 'split', meaning: 'Its split by `.masklet/splits.json`; NULL where it is in none.' },
    ],
    sql: `
      SELECT v.path, v.width, v.height, v.frame_count,
        (SELECT count(*) FROM main.objects o WHERE o.video = v.id),
        (SELECT count(*) FROM main.masks m WHERE m.video = v.id),
        (SELECT count(*) FROM main.masks m WHERE m.video = v.id AND m.verified = 1),
        (SELECT count(DISTINCT m.frame) FROM main.masks m WHERE m.video = v.id),
        (SELECT count(*) FROM
          (SELECT 1 FROM main.masks m WHERE m.video = v.id GROUP BY m.frame HAVING min(m.verified) = 1)),
        v.byte_size, v.sha256, split_of(v.path)
      FROM main.videos v`,
  },
  {
    name: 'objects',
    meaning: 'The objects of all videos, a row each.',
    columns: [
      VIDEO,
      OBJECT,
      LABEL,
      { name: 'color', meaning: "The object's colour, `#rrggbb`." },
      { name: 'attributes', meaning: 'Its attributes as a JSON object, for `attributes ->> name`.' },
      { name: 'masks', meaning: 'How many masks it has.' },
      { name: 'verified', meaning: 'How many of them are verified.' },
      { name: 'prompts', meaning: 'On how many frames it was prompted.' },
      { name: 'first_frame', meaning: 'The first frame with a mask of it that is not empty.' },
      { name: 'last_frame', meaning: 'The last frame with a mask of it that is not empty.' },
    ],
    sql: `
      SELECT v.path, o.id, o.label, o.color, o.attributes,
        (SELECT count(*) FROM main.masks m WHERE m.video = o.video AND m.object = o.id),
        (SELECT count(*) FROM main.masks m WHERE m.video = o.video AND m.object = o.id AND m.verified = 1),
        (SELECT count(*) FROM main.prompts p WHERE p.video = o.video AND p.object = o.id),
        (SELECT min(m.frame) FROM main.masks m WHERE m.video = o.video AND m.object = o.id AND m.area > 0),
        (SELECT max(m.frame) FROM main.masks m WHERE m.video = o.video AND m.object = o.id AND m.area > 0)
      FROM main.objects o LEFT JOIN main.videos v ON v.id = o.video`,
  },
  {
    name: 'masks',
    meaning: 'The masks of all objects, a row an object and frame.',
    columns: [
      VIDEO,
      frame("The mask's frame"),
      OBJECT,
      LABEL,
      {
        name: 'state',
        meaning: "'prompted', 'propagated', 'edited' (by hand) or 'absent' (the object is not in the frame).",
      },
      { name: 'verified', meaning: '1 where somebody verified it, else 0.' },
      { name: 'area', meaning: 'Pixels in the mask.' },
      { name: 'x0', meaning: 'Left edge of its box, in pixels.' },
      { name: 'y0', meaning: 'Upper edge of its box, in pixels.' },
      { name: 'x1', meaning: 'Right edge of its box, exclusive.' },
      { name: 'y1', meaning: 'Lower edge of its box, exclusive.' },
      { name: 'iou', meaning: 'Predicted IoU, 0 to 1; NULL where no model predicted it.' },
      {
        name: 'object_score',
        meaning: 'How sure the model is that the object is in the frame, 0 to 1; NULL where none said.',
      },
      { name: 'pts', meaning: "The frame's presentation time, in ticks of the video's time base." },
      { name: 'model', meaning: 'The model that made it; NULL where a hand did.' },
      { name: 'direction', meaning: "Which way propagation went: 'forward' or 'backward'; NULL elsewhere." },
      { name: 'width', meaning: "The video's width in pixels." },
      { name: 'height', meaning: "The video's height in pixels." },
    ],
    sql: `
      SELECT v.path, t.frame, t.object, o.label, t.state, t.verified, t.area, t.x0, t.y0, t.x1, t.y1, t.iou,
        t.object_score, t.pts, t.provenance ->> 'model', t.provenance ->> 'direction', v.width, v.height
      FROM main.masks t ${WITH_VIDEO_AND_OBJECT}`,
  },
  {
    name: 'prompts',
    meaning: 'What masks are made from: a row an object and frame that was prompted.',
    columns: [
      VIDEO,
      frame('The prompted frame'),
      OBJECT,
      LABEL,
      { name: 'positive', meaning: 'How many points are on the object.' },
      { name: 'negative', meaning: 'How many points are outside it.' },
      { name: 'box', meaning: 'The box as a JSON list [x0, y0, x1, y1]; NULL without one.' },
      { name: 'has_mask', meaning: '1 where a mask was given as the prompt, or is corrected by the points.' },
      { name: 'candidate', meaning: "Which of the model's candidates is taken; 0 is its best." },
    ],
    sql: `
      SELECT v.path, t.frame, t.object, o.label,
        (SELECT count(*) FROM json_each(t.points) WHERE value ->> 'label' = 1),
        (SELECT count(*) FROM json_each(t.points) WHERE value ->> 'label' = 0),
        t.box, t.mask_counts IS NOT NULL, coalesce(t.candidate, 0)
      FROM main.prompts t ${WITH_VIDEO_AND_OBJECT}`,
  },
  {
    name: 'suspicious',
    meaning:
      'Tracked masks that somebody should look at, as in the view "Suspicious Frames". Computed when asked for.',
    columns: [
      VIDEO,
      frame('The frame'),
      OBJECT,
      LABEL,
      {
        name: 'reasons',
        meaning:
          "Why, separated by commas: 'low-object-score', 'low-iou', 'area-jump', 'position-jump', 'low-overlap', 'appears-or-vanishes'.",
      },
      {
        name: 'first_frame',
        meaning: 'First frame of the unbroken span of suspicious frames that this one is in.',
      },
      { name: 'last_frame', meaning: 'Last frame of that span.' },
      { name: 'span_frames', meaning: 'How many frames the span has.' },
    ],
    sql: `
      SELECT v.path, t.frame, t.object, o.label, t.reasons, t.first_frame, t.last_frame,
        t.last_frame - t.first_frame + 1
      FROM main.videos v
      JOIN suspicious_frames t ON t.video_id = v.id
      LEFT JOIN main.objects o ON o.video = v.id AND o.id = t.object`,
  },
  {
    name: 'labels',
    meaning: 'The labels in use, a row each.',
    columns: [
      LABEL,
      { name: 'objects', meaning: 'How many objects have it.' },
      { name: 'videos', meaning: 'In how many videos.' },
      { name: 'masks', meaning: 'How many masks these objects have.' },
      { name: 'verified', meaning: 'How many of them are verified.' },
    ],
    sql: `
      SELECT o.label, count(*), count(DISTINCT o.video),
        sum((SELECT count(*) FROM main.masks m WHERE m.video = o.video AND m.object = o.id)),
        sum((SELECT count(*) FROM main.masks m WHERE m.video = o.video AND m.object = o.id AND m.verified = 1))
      FROM main.objects o
      GROUP BY o.label`,
  },
];
