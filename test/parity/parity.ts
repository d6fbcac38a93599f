import { compareFolder } from './compare';
import { formatRow, header, Report, tolerance } from './report';

/**
 * Compares the SAM 2 built here with reference outputs: every component and scenario of a manifest. Ends with 1 where
 * any result is further away than the tolerance, comes in another order or is missing.
 */

const usage = `Usage: npm run parity -- DIR

DIR holds manifest.json, the checkpoints it names, clip.safetensors, and the reference's outputs.`;

async function main(): Promise<void> {
  const folder = process.argv[2];
  if (!folder || folder === '--help') {
    console.log(usage);
    process.exitCode = folder ? 0 : 2;
    return;
  }
  let passed = 0;
  const failed: string[] = [];
  console.log(header);
  await compareFolder(
    folder,
    () => new Report(),
    (name, report) => {
      console.log(`\n${name}`);
      for (const row of report.rows) console.log(formatRow(row));
      for (const failure of report.failures) console.log(`  ${failure}`);
      if (report.passed) passed++;
      else failed.push(name);
    },
  );
  console.log(`\n${passed} of ${passed + failed.length} within ${tolerance}.`);
  if (failed.length > 0) console.log(`Too far from the reference: ${failed.join(', ')}.`);
  process.exitCode = failed.length > 0 || passed === 0 ? 1 : 0;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
