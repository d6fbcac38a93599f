// kernel/export/formats/: a file for each format that is written.
import type { ExportFormat } from '../../../shared/formats';
import type { Exporter } from '../api';
import { coco } from './coco';
import { cutout } from './cutout';
import { cvat } from './cvat';
import { davis } from './davis';
import { frames } from './frames';
import { labelme } from './labelme';
import { masks } from './masks';
import { mot } from './mot';
import { mots } from './mots';
import { overlay } from './overlay';
import { sav } from './sav';
import { yolo, yoloSeg } from './yoloSeg';
import { ytvis } from './ytvis';

/** All formats, by name. */
export const exporters: Readonly<Record<ExportFormat, Exporter>> = {
  coco,
  ytvis,
  davis,
  sav,
  mots,
  mot,
  yolo,
  'yolo-seg': yoloSeg,
  cvat,
  labelme,
  masks,
  overlay,
  cutout,
  frames,
};
