// kernel/import/: reading masks of other tools; the formats are in formats/, the rules beside it.
import { CancelledError } from '../../shared/protocol/errors';
import { importRow, type ImportFormat } from '../../shared/formats';
import type { ImportedClip, ImportSource } from './api';
import { ImportCollector } from './collect';
import { importers } from './formats';
import { malformed } from './malformed';
import { skippedText } from './skipReport';

/**
 * Reads what a source has of a video. Nothing outside of `from` is opened, whatever names stand in it.
 * @throws MaskletError `import/malformed` also where not one mask is left, `import/ambiguous`, `import/not-found`, `input/invalid`,
 *   `cancelled`; then nothing is imported.
 */
export async function readImport(format: ImportFormat, source: ImportSource): Promise<ImportedClip> {
  const collector = new ImportCollector(source.video, source.signal, source.as === 'prompts', source.every);
  let imported: ImportedClip;
  try {
    await importers[format].read(source, collector);
    imported = await collector.finish();
  } catch (error) {
    if (source.signal.aborted) throw new CancelledError();
    throw error;
  }
  if (imported.tracks.some(({ masks, prompts }) => masks.length + prompts.length > 0)) return imported;
  const what = source.as === 'prompts' ? 'box, point or mask' : 'mask';
  const why = imported.skipped.map(skippedText).join('; ');
  throw malformed(
    source.from,
    `there is no ${what} in it for ${source.video.path}${why === '' ? '' : ` (${why})`}`,
    hintFor(format, source, why, imported),
  );
}

function hintFor(
  format: ImportFormat,
  { as = 'masks' }: ImportSource,
  why: string,
  { counting }: ImportedClip,
): string | undefined {
  if (why === '') return `Check that it is in the format ${format}.`;
  if (as === 'masks' && importRow(format).boxes !== undefined) {
    return 'Boxes and points are imported as prompts, from which Masklet makes masks: --as prompts (VS Code asks).';
  }
  return counting || undefined;
}
