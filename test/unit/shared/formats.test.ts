import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { exporters } from '../../../kernel/export/formats';
import { importers } from '../../../kernel/import/formats';
import { packageRoot } from '../../../kernel/runtime/paths';
import { withFormats } from '../../../scripts/manifest.mjs';
import { EXPORT_FORMATS, exportRow, FORMATS, IMPORT_FORMATS } from '../../../shared/formats';

describe('the table of formats', () => {
  it('has a writer for every row, and a reader for every row that says so', () => {
    expect(Object.keys(exporters).sort()).toEqual([...EXPORT_FORMATS].sort());
    expect(Object.keys(importers).sort()).toEqual([...IMPORT_FORMATS].sort());
  });

  it.each(EXPORT_FORMATS)('%s offers the pictures that it writes by default', (name) => {
    const { images, imageChoices } = exportRow(name);
    if (imageChoices.length > 0) expect(imageChoices).toContain(images);
    else expect(images).toBe('none');
  });

  it('is the one in docs/formats.md: "npm run manifest" changes nothing', async () => {
    const page = join(packageRoot(), 'docs', 'formats.md');
    const text = readFileSync(page, 'utf8');
    const options = { ...(await resolveConfig(page)), parser: 'markdown' };
    expect(await format(withFormats(text, FORMATS), options)).toBe(text);
    const { coco, ...rest } = FORMATS;
    expect(await format(withFormats(text, rest), options)).not.toContain(`\`coco\` ${coco.title}`);
  });
});
