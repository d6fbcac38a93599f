import { setImmediate } from 'node:timers/promises';
import { limits } from '../../shared/limits';
import { MaskletError } from '../../shared/protocol/errors';

/** Longer than this at a stretch, and whoever cancels would notice. */
const TURN_MS = 25;

/** What one import may still do, and when others get their turn. */
export class ImportWork {
  private crossings = limits.import.crossings;
  private rows = limits.import.rows;
  private since = performance.now();

  constructor(private readonly signal: AbortSignal) {}

  /** To be called before a polygon is filled. @throws MaskletError `import/malformed` where the import asks for too much. */
  spend(crossings: number, where: string): void {
    this.crossings -= crossings;
    if (this.crossings < 0) {
      throw tooMuch(`${where} cannot be imported: the polygons of this import are too long to be filled.`);
    }
  }

  /** To be called for each mask and mark that is kept. @throws MaskletError `import/malformed` */
  row(where: string): void {
    if (--this.rows >= 0) return;
    throw tooMuch(
      `${where} cannot be imported: the import has more than ${limits.import.rows} masks and marks.`,
    );
  }

  /** To be awaited in every loop over what a file holds: lets others go first now and then. @throws what `signal` says */
  async turn(): Promise<void> {
    if (performance.now() - this.since < TURN_MS) return;
    await setImmediate();
    this.since = performance.now();
    this.signal.throwIfAborted();
  }
}

function tooMuch(message: string): MaskletError {
  return new MaskletError('import/malformed', message, {
    hint: 'Import the annotations of one video at a time.',
  });
}
