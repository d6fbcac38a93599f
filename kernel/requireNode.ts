/** Imported for its effect, before anything that loads native code: an older Node would end in a crash. */
import { writeSync } from 'node:fs';
import type { ErrorData } from './protocol';
import { nodeProblem } from './nodeVersion';

/** As the command line's exit codes have it: something is missing on this machine. */
const environmentExit = 4;

const problem = nodeProblem(process.versions.node);
if (problem) {
  const error: ErrorData = { code: 'kernel/start-failed', ...problem };
  if (process.argv.includes('--json')) writeSync(1, `${JSON.stringify({ error }, null, 2)}\n`);
  else writeSync(2, `masklet: ${problem.message} This one is ${process.execPath}.\n  ${problem.hint}\n`);
  process.exit(environmentExit);
}
