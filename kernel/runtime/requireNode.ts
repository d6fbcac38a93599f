/** Imported for its effect, before anything that loads native code: an older Node would end in a crash. */
import { writeSync } from 'node:fs';
import { EXIT } from '../../shared/protocol/exitCodes';
import type { ErrorData } from '../../shared/protocol/errors';
import { nodeProblem } from './nodeVersion';

const problem = nodeProblem(process.versions.node);
if (problem) {
  const error: ErrorData = { code: 'kernel/start-failed', ...problem };
  if (process.argv.includes('--json')) writeSync(1, `${JSON.stringify({ error }, null, 2)}\n`);
  else writeSync(2, `masklet: ${problem.message} This one is ${process.execPath}.\n  ${problem.hint}\n`);
  process.exit(EXIT.environment);
}
