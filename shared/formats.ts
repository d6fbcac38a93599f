/**
 * Every file format, a row each. The command line's choices, the palette's lists, the checks of an export and the table in
 * docs/formats.md (`npm run manifest`) derive from it. What writes and reads a format is in `kernel/export/formats` and
 * `kernel/import/formats`, a file each.
 */

/** The pictures that go with annotations. */
export type ImageKind = 'jpeg' | 'png' | 'none';

/** What a format can say. What it cannot is a warning where a clip has it, and no difference after a round trip. */
export interface Capabilities {
  /** Masks of several objects on one pixel. */
  readonly overlaps: boolean;
  /** That an object is not there, as opposed to a frame on which it is not annotated. */
  readonly absence: boolean;
  readonly occlusion: boolean;
}

/** What an export in this format is made of. */
export interface ExportRow {
  /** Where its files are; `<split>` and `<clip>` stand for names. */
  readonly files: string;
  readonly holds: Capabilities;
  /** The pictures that its tools expect; the default. */
  readonly images: ImageKind;
  /** The pictures that may be asked for; none where the format has its own. */
  readonly imageChoices: readonly ImageKind[];
  /** It has both run lengths or bitmaps, and polygons. */
  readonly shapes?: true;
  /** It is written without any object, too. */
  readonly withoutObjects?: true;
  /** It has a choice of video codecs. */
  readonly codecs?: true;
}

/** What an import in this format is read from. */
export interface ImportRow {
  readonly source: 'file' | 'folder';
  /** One file of it describes many videos. */
  readonly manyVideos?: true;
  /** Its objects have no labels: they are given one. */
  readonly nameless?: true;
  /** It has boxes or points besides masks, or nothing else: those come in as prompts. */
  readonly boxes?: 'too' | 'only';
}

export interface FormatRow {
  readonly title: string;
  /** One line, for lists to choose from. */
  readonly about: string;
  readonly out: ExportRow;
  readonly in?: ImportRow;
}

const ANY_IMAGES = ['jpeg', 'png', 'none'] as const;

export const FORMATS = {
  coco: {
    title: 'COCO',
    about: 'instances JSON with run lengths or polygons, and pictures; most detectors train on it',
    out: {
      files: '`annotations/instances_<split>.json`, `images/`',
      holds: { overlaps: true, absence: false, occlusion: true },
      images: 'jpeg',
      imageChoices: ANY_IMAGES,
      shapes: true,
    },
    in: { source: 'file', manyVideos: true, boxes: 'too' },
  },
  ytvis: {
    title: 'YouTube-VIS 2021',
    about: 'video instances JSON, one annotation per object and clip',
    out: {
      files: '`<split>/instances.json`, `<split>/JPEGImages/`',
      holds: { overlaps: true, absence: false, occlusion: false },
      images: 'jpeg',
      imageChoices: ANY_IMAGES,
    },
    in: { source: 'file', manyVideos: true },
  },
  davis: {
    title: 'DAVIS 2017',
    about: 'one indexed PNG per frame with the DAVIS palette, and ImageSets',
    out: {
      files: '`Annotations/480p/`, `JPEGImages/480p/`, `ImageSets/2017/`',
      holds: { overlaps: false, absence: false, occlusion: false },
      images: 'jpeg',
      imageChoices: ANY_IMAGES,
    },
    in: { source: 'folder', nameless: true },
  },
  sav: {
    title: 'SA-V',
    about: "manual masklet JSON as in SAM 2's own dataset, for fine-tuning SAM 2",
    out: {
      files: '`<split>/<clip>_manual.json`',
      holds: { overlaps: true, absence: false, occlusion: false },
      images: 'none',
      imageChoices: ANY_IMAGES,
    },
    in: { source: 'file', nameless: true },
  },
  mots: {
    title: 'MOTS',
    about: 'multi-object tracking and segmentation: PNG and txt',
    out: {
      files: '`instances/`, `instances_txt/`, `<split>.seqmap`',
      holds: { overlaps: false, absence: false, occlusion: false },
      images: 'none',
      imageChoices: ANY_IMAGES,
    },
    in: { source: 'folder' },
  },
  mot: {
    title: 'MOTChallenge',
    about: 'boxes of tracked objects: gt.txt and det.txt',
    out: {
      files: '`<split>/<clip>/gt/gt.txt`, `seqinfo.ini`, `img1/`',
      holds: { overlaps: true, absence: false, occlusion: false },
      images: 'none',
      imageChoices: ANY_IMAGES,
    },
    in: { source: 'folder', boxes: 'only' },
  },
  yolo: {
    title: 'YOLO Detection',
    about: 'one text file of boxes per picture, and data.yaml',
    out: {
      files: '`images/`, `labels/`, `data.yaml`',
      holds: { overlaps: true, absence: false, occlusion: false },
      images: 'jpeg',
      imageChoices: ANY_IMAGES,
    },
    in: { source: 'folder', boxes: 'only' },
  },
  'yolo-seg': {
    title: 'YOLO Segmentation',
    about: 'one text file of polygons per picture, and data.yaml',
    out: {
      files: '`images/`, `labels/`, `data.yaml`',
      holds: { overlaps: true, absence: false, occlusion: false },
      images: 'jpeg',
      imageChoices: ANY_IMAGES,
    },
  },
  cvat: {
    title: 'CVAT for video 1.1',
    about: 'XML: polygons as tracks, or masks frame by frame',
    out: {
      files: '`<clip>.xml`',
      holds: { overlaps: true, absence: false, occlusion: true },
      images: 'none',
      imageChoices: ANY_IMAGES,
      shapes: true,
    },
    in: { source: 'file', boxes: 'too' },
  },
  labelme: {
    title: 'LabelMe',
    about: 'one JSON of masks or polygons per frame',
    out: {
      files: '`<clip>/00000.json`',
      holds: { overlaps: true, absence: false, occlusion: true },
      images: 'jpeg',
      imageChoices: ANY_IMAGES,
      shapes: true,
    },
    in: { source: 'folder', boxes: 'too' },
  },
  masks: {
    title: 'Mask PNGs',
    about: 'one black and white PNG per object and frame',
    out: {
      files: "`<clip>/000/00000.png`, as in SA-V's validation set",
      holds: { overlaps: true, absence: true, occlusion: false },
      images: 'none',
      imageChoices: ANY_IMAGES,
    },
    in: { source: 'folder', nameless: true },
  },
  overlay: {
    title: 'Overlay Video',
    about: 'MP4 with coloured masks, labels and frame numbers, to look at',
    out: {
      files: '`<clip>.mp4`',
      holds: { overlaps: true, absence: true, occlusion: true },
      images: 'none',
      imageChoices: [],
    },
  },
  cutout: {
    title: 'Cutout Video',
    about: 'each object alone with transparency: ProRes 4444 or WebM',
    out: {
      files: 'one MOV or WebM with alpha per object',
      holds: { overlaps: true, absence: true, occlusion: true },
      images: 'none',
      imageChoices: [],
      codecs: true,
    },
  },
  frames: {
    title: 'Frames',
    about: 'the pictures themselves, JPEG or PNG',
    out: {
      files: 'pictures',
      holds: { overlaps: true, absence: true, occlusion: true },
      images: 'jpeg',
      imageChoices: ['jpeg', 'png'],
      withoutObjects: true,
    },
  },
} as const satisfies Readonly<Record<string, FormatRow>>;

/** What `dataset/export` writes. */
export type ExportFormat = keyof typeof FORMATS;

/** What `session/import` reads. */
export type ImportFormat = {
  [F in ExportFormat]: (typeof FORMATS)[F] extends { readonly in: ImportRow } ? F : never;
}[ExportFormat];

export const EXPORT_FORMATS = Object.keys(FORMATS) as readonly ExportFormat[];

const readable = (format: ExportFormat): format is ImportFormat => 'in' in FORMATS[format];
export const IMPORT_FORMATS: readonly ImportFormat[] = EXPORT_FORMATS.filter(readable);

/** Formats that masks go out in and come back from. */
export const ROUND_TRIP_FORMATS: readonly ImportFormat[] = IMPORT_FORMATS.filter(
  (format) => importRow(format).boxes !== 'only',
);

/** How a format is written. */
export function exportRow(format: ExportFormat): ExportRow {
  return FORMATS[format].out;
}

/** How a format is read. */
export function importRow(format: ImportFormat): ImportRow {
  return FORMATS[format].in;
}
