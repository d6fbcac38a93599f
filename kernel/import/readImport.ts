import { CancelledError } from '../../shared/protocol/errors';
import type { ImportFormat } from '../../shared/formats';
import type { ImportedClip, ImportSource } from './api';
import { ImportCollector, malformed } from './collect';
import { importers } from './formats';

/**
 * Reads what a source has of a video. Nothing outside of `from` is opened, whatever names stand in it.
 * @throws MaskletError `import/malformed`, `input/invalid`, `cancelled`; then nothing is taken.
 */
export async function readImport(format: ImportFormat, source: ImportSource): Promise<ImportedClip> {
  const collector = new ImportCollector(source.video, source.signal);
  let imported: ImportedClip;
  try {
    await importers[format].read(source, collector);
    imported = await collector.finish();
  } catch (error) {
    if (source.signal.aborted) throw new CancelledError();
    throw error;
  }
  if (imported.tracks.length > 0) return imported;
  throw malformed(
    source.from,
    `there is nothing in it for ${source.video.path}`,
    imported.skipped.at(0) ?? `Check that it is in the format ${format}.`,
  );
}
