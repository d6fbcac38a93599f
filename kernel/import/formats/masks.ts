import { basename, join } from 'node:path';
import { objectFolder } from '../../export/formats/masks';
import { decodeMaskPng } from '../../render/maskPng';
import type { Importer, ImportSource } from '../api';
import { checkName, chooseName, possibleNames } from '../chooseName';
import { malformed } from '../malformed';
import { isFolder, list, readPng } from '../files';
import { findManifest } from '../manifest';
import { framesOfFiles, NO_FRAME } from '../sourceFrames';

/**
 * A picture an object a frame: `<object>/00000.png`, or pictures alone for one object. A black picture says that the object
 * is not there. A folder's name is the label, unless it is a number.
 */
export const masks: Importer = {
  format: 'masks',
  read: async (source, collector) => {
    const manifest = await findManifest(source);
    const { folder, objects } = await objectFolders(source, manifest);
    const pictures: { object: string; file: string; name: string }[] = [];
    for (const object of objects) {
      const { files } = list(join(folder, object));
      for (const name of files.filter((file) => file.toLowerCase().endsWith('.png'))) {
        pictures.push({ object, file: join(folder, object, name), name });
      }
    }
    const names = pictures.map(({ name }) => name);
    const frames = await framesOfFiles(names, source, manifest !== undefined, collector);
    const byFolder = new Map((manifest?.objects ?? []).map((known) => [objectFolder(known.number), known]));
    for (const { object, file, name } of pictures) {
      source.signal.throwIfAborted();
      const frame = frames.get(name);
      if (frame === undefined) {
        collector.skip(NO_FRAME, file);
        continue;
      }
      const known = byFolder.get(object);
      const description = known
        ? { id: known.id, label: known.label, color: known.color }
        : /^\d*$/.test(object)
          ? {}
          : { label: object };
      const bytes = await readPng(file, source.video, collector);
      if (!bytes) continue;
      const track = collector.track(`folder:${object}`, description);
      track.mask(frame, await decodeMaskPng(bytes, file), file);
    }
  },
};

/** The folder whose folders are the objects; `''` is the folder itself. */
async function objectFolders(
  source: ImportSource,
  manifest: Awaited<ReturnType<typeof findManifest>>,
): Promise<{ folder: string; objects: readonly string[] }> {
  let folder = source.from;
  if (!(await isFolder(folder))) throw malformed(folder, 'it is not a folder of pictures');
  for (let level = 0; level < 3; level++) {
    const { files, folders } = list(folder);
    if (files.some((name) => name.toLowerCase().endsWith('.png'))) {
      checkName(basename(folder), source, manifest);
      return { folder, objects: [''] };
    }
    const named = possibleNames(source, manifest).find((name) => folders.includes(name));
    if (named === undefined) {
      const withPictures: string[] = [];
      for (const name of folders) {
        const inside = list(join(folder, name));
        if (inside.files.some((file) => file.toLowerCase().endsWith('.png'))) withPictures.push(name);
      }
      if (withPictures.length > 0) {
        checkName(basename(folder), source, manifest);
        return { folder, objects: withPictures };
      }
    }
    folder = join(folder, named ?? chooseName(folders, source, manifest));
  }
  throw malformed(source.from, 'it holds no PNG pictures');
}
