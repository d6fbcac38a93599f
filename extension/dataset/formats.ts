import type { ExportFormat, ImportFormat } from '../../shared/protocol/dataset';

export interface FormatWords {
  readonly name: string;
  /** One line. */
  readonly about: string;
}

/** The formats as they are offered, in the order in which they are. */
export const FORMATS: Readonly<Record<ExportFormat, FormatWords>> = {
  coco: {
    name: 'COCO',
    about: 'instances JSON with run lengths or polygons, and pictures: most detectors train on it',
  },
  ytvis: { name: 'YouTube-VIS', about: 'video instances JSON, one annotation an object through the clip' },
  davis: { name: 'DAVIS 2017', about: 'one indexed PNG a frame with the DAVIS palette, and ImageSets' },
  sav: { name: 'SA-V', about: "manual masklet JSON as in SAM 2's own data set: for fine-tuning SAM 2" },
  mots: { name: 'MOTS', about: 'multi-object tracking and segmentation: PNG and txt' },
  'yolo-seg': { name: 'YOLO Segmentation', about: 'one text file of polygons a picture, and data.yaml' },
  cvat: { name: 'CVAT for video 1.1', about: 'XML: polygons as tracks, or masks frame by frame' },
  labelme: { name: 'LabelMe', about: 'one JSON of masks or polygons a frame' },
  masks: { name: 'Mask PNGs', about: 'one black and white PNG an object a frame' },
  overlay: { name: 'Overlay Video', about: 'MP4 with coloured masks, labels and frame numbers, to look at' },
  cutout: { name: 'Cutout Video', about: 'each object alone with transparency: ProRes 4444 or WebM' },
  frames: { name: 'Frames', about: 'the pictures themselves, JPEG or PNG' },
};

/** What an import is read from. */
export const IMPORT_SOURCES: Readonly<Record<ImportFormat, 'file' | 'folder'>> = {
  coco: 'file',
  ytvis: 'file',
  sav: 'file',
  cvat: 'file',
  davis: 'folder',
  mots: 'folder',
  labelme: 'folder',
  masks: 'folder',
};

/** Formats one file of which has many videos. */
export const MANY_VIDEO_FILES: readonly ImportFormat[] = ['coco', 'ytvis'];

/** Formats whose objects have no names of their own: they are given one. */
export const NAMELESS_FORMATS: readonly ImportFormat[] = ['davis', 'sav', 'masks'];
