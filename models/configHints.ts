import { FileError } from '../shared/protocol/fileError';
import { MAX_BYTES, readRegular } from './files/regularFile';
import { ModelFileError } from './modelFileError';
import { hintsExample, type ConfigHints } from './sam2/recognise';

/**
 * Hyper-parameters in a JSON file, by the names of `ConfigHints`.
 * @throws ModelFileError `unsupported` where it is not of that form, `missing` where it cannot be read.
 */
export async function readConfigHints(file: string): Promise<ConfigHints> {
  const hint = `It holds for example ${hintsExample}.`;
  const bytes = await readRegular(file, MAX_BYTES.small).catch((cause: unknown) => {
    const why = cause instanceof FileError ? ` ${cause.message}` : '';
    // A file that is there, and that nobody would read as one.
    const problem = cause instanceof FileError ? 'unsupported' : 'missing';
    throw new ModelFileError(problem, file, `The configuration ${file} cannot be read.${why}`, hint, cause);
  });
  const refused = (reason: string): ModelFileError =>
    new ModelFileError('unsupported', file, `The configuration ${file} is ${reason}.`, hint);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw refused('not valid JSON');
  }
  if (!isHints(value)) throw refused('not of the expected form');
  return value;
}

function isHints(value: unknown): value is ConfigHints {
  if (typeof value !== 'object' || value === null) return false;
  const { imageSize, maxObjectPointers, trunk = {} } = value as Record<string, unknown>;
  const { numHeads, globalBlocks, windows } = trunk as Record<string, unknown>;
  const count = (x: unknown): boolean => x === undefined || (Number.isInteger(x) && (x as number) > 0);
  const counts = (x: unknown): boolean =>
    x === undefined || (Array.isArray(x) && x.every((n) => Number.isInteger(n) && n >= 0));
  return [imageSize, maxObjectPointers, numHeads].every(count) && [globalBlocks, windows].every(counts);
}
