// kernel/import/formats/: a file for each format that is read.
import type { ImportFormat } from '../../../shared/formats';
import type { Importer } from '../api';
import { coco } from './coco';
import { cvat } from './cvat';
import { davis } from './davis';
import { labelme } from './labelme';
import { masks } from './masks';
import { mot } from './mot';
import { mots } from './mots';
import { sav } from './sav';
import { yolo } from './yolo';
import { ytvis } from './ytvis';

/** All formats that come in, by name. */
export const importers: Readonly<Record<ImportFormat, Importer>> = {
  coco,
  ytvis,
  davis,
  sav,
  mots,
  mot,
  yolo,
  cvat,
  labelme,
  masks,
};
