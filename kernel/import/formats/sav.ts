import { basename } from 'node:path';
import type { Importer, ImportSource } from '../api';
import { checkName, chooseName } from '../chooseName';
import { malformed } from '../malformed';
import { filesWith, isFolder, readJson } from '../files';
import { isId, JsonValues } from '../jsonValues';
import { findManifest } from '../manifest';
import { readRle } from '../shapes';

const ENDING = '_manual.json';
/** SA-V annotates every fourth frame of its videos. */
const SAV_STEP = 4;

/** SA-V's manual masklets; empty run lengths say that the object is not in that frame. */
export const sav: Importer = {
  format: 'sav',
  read: async (source, collector) => {
    const manifest = await findManifest(source);
    const file = await fileOf(source, manifest);
    const values = new JsonValues(file);
    const document = values.record(await readJson(file, collector), 'it');
    const rows = values.list(document.masklet, 'masklet');
    const step =
      document.frame_step === undefined
        ? guessStep(rows.length, source.video.frameCount, file)
        : values.count(document.frame_step, 'frame_step');
    collector.counted(
      step === 1
        ? 'Entry n is frame n, counted from 0.'
        : `Entry n is frame ${step} * n, counted from 0: ${rows.length} entries of ${source.video.frameCount} frames.`,
    );
    const ids = values.list(document.masklet_id ?? [], 'masklet_id');
    const labels = values.list(document.masklet_label ?? [], 'masklet_label');
    for (const [position, row] of rows.entries()) {
      for (const [n, entry] of values.list(row, `masklet[${position}]`).entries()) {
        await collector.work.turn();
        const where = `masklet[${position}][${n}]`;
        const label = labels[n];
        const known = manifest?.byNumber.get(n + 1);
        const description = {
          ...(known ? { id: known.id, color: known.color } : {}),
          ...(typeof label === 'string' ? { label } : {}),
        };
        const id = ids[n];
        const track = collector.track(`masklet:${isId(id) ? id : n}`, description);
        const shape = readRle(entry, source.video);
        if ('problem' in shape) collector.skip(shape.problem, `${file}, ${where}`);
        else track.mask(position * step, shape.mask, `${file}, ${where}`);
      }
    }
  },
};

async function fileOf(
  source: ImportSource,
  manifest: Awaited<ReturnType<typeof findManifest>>,
): Promise<string> {
  const { from } = source;
  if (!(await isFolder(from))) {
    checkName(basename(from).replace(ENDING, ''), source, manifest);
    return from;
  }
  const files = new Map<string, string>();
  for (const file of await filesWith(from, ENDING, 2)) {
    files.set(basename(file).slice(0, -ENDING.length), file);
  }
  return files.get(chooseName([...files.keys()], source, manifest))!;
}

/** The distance of annotated frames: SA-V's own where it fits, else the smallest that does. */
function guessStep(rows: number, frameCount: number, file: string): number {
  const fits = (step: number): boolean => Math.ceil(frameCount / step) === rows;
  if (fits(1)) return 1;
  if (fits(SAV_STEP)) return SAV_STEP;
  for (let step = 2; step <= frameCount; step++) if (fits(step)) return step;
  throw malformed(file, `it has ${rows} frames, which do not go with the video's ${frameCount}`);
}
