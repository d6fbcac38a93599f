import { writeSync } from 'node:fs';
import { MaskletError } from '../../../shared/protocol/errors';
import { ModelFileError } from '../../../models/modelFileError';
import { Choices } from './random';
import { emptyFolder, readers } from './readers';

/** What the parent asks of this process: the seeds to try, one input each; the kept ones, then `count` from `first` on. */
export interface FuzzTask {
  readonly reader: string;
  readonly kept: readonly number[];
  readonly first: number;
  readonly count: number;
  readonly folder: string;
}

/** An error that says what is wrong with the input. `internal` stands for what nobody foresaw. */
function isExpected(error: unknown): boolean {
  if (error instanceof ModelFileError) return true;
  return error instanceof MaskletError && error.code !== 'internal' && error.message.length < 10_000;
}

async function main({ reader, kept, first, count, folder }: FuzzTask): Promise<void> {
  let read = 0;
  for (let n = 0; n < kept.length + count; n++) {
    const seed = n < kept.length ? kept[n] : (first + n - kept.length) >>> 0;
    // Said beforehand: whoever finds this process stuck or dead knows by what.
    writeSync(1, `${seed}\n`);
    emptyFolder(folder);
    try {
      await readers[reader].run(new Choices(seed), folder);
      read++;
    } catch (error) {
      if (isExpected(error)) continue;
      writeSync(2, `${reader}, seed ${seed}: ${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    }
  }
  writeSync(1, `read ${read}, peak ${process.resourceUsage().maxRSS}\n`);
}

void main(JSON.parse(process.argv[2]) as FuzzTask);
