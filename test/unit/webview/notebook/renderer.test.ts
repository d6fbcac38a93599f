import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  PICTURES_MIME,
  TABLE_MIME,
  type ChartDirective,
  type TableOutput,
} from '../../../../shared/protocol/notebook';
import { findChromium, launchChromium } from '../../../support/chromium';
import { NotebookHarness } from '../../../support/notebookHarness';
import { saveScreenshot } from '../../../support/screenshots';
import type { ThemeName } from '../../../support/webviewThemes';

const executablePath = findChromium();
const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

function table(
  columns: readonly string[],
  rows: TableOutput['rows'],
  more: Partial<TableOutput> = {},
): TableOutput {
  return { root: '/data', columns, rows, state: 'done', more: false, problems: [], ...more };
}

const areas = table(
  ['label', 'n', 'area'],
  Array.from({ length: 60 }, (_, i) => [['cat', 'dog', 'bird'][i % 3], i, (i * 37) % 500]),
);

describe.skipIf(!executablePath)('outputs of the curation notebook', () => {
  let browser: Browser;
  let notebook: NotebookHarness;
  beforeAll(async () => {
    browser = await launchChromium(executablePath);
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    const { complaints } = notebook;
    await notebook.close();
    expect(complaints).toEqual([]);
  });

  const column = (n: number): Promise<string[]> =>
    notebook.page.locator(`tbody tr:not([aria-hidden]) td:nth-child(${n})`).allTextContents();

  it.each<[ThemeName, 'active' | 'none', string]>([
    ['light', 'active', 'underline'],
    ['highContrast', 'none', 'underline'],
    ['dark', 'none', 'none'],
  ])('mark links in %s with forced colours %s by %s', async (theme, forcedColors, line) => {
    notebook = await NotebookHarness.open(browser, { theme });
    await notebook.page.emulateMedia({ forcedColors });
    await notebook.show(TABLE_MIME, table(['video', 'frame', 'label'], [['clips/a.mp4', 12, 'cat']]));
    const style = (selector: string, property: string): Promise<string> =>
      notebook.page.evaluate(
        `getComputedStyle(document.querySelector('${selector}')).getPropertyValue('${property}')`,
      );
    await notebook.page.locator('.link').first().waitFor();
    expect(await style('.link', 'text-decoration-line')).toBe(line);
    expect(await style('.link', 'color')).not.toBe(await style('td:last-child', 'color'));
    await saveScreenshot(notebook.page, `notebook-links-${theme}-${forcedColors}`);
  });

  it('are tables that sort by any column, up, down and back, with nothing last', async () => {
    notebook = await NotebookHarness.open(browser);
    await notebook.show(
      TABLE_MIME,
      table(
        ['name', 'n'],
        [
          ['b10', 2],
          ['b9', null],
          [null, 10],
          ['a', 1],
        ],
      ),
    );
    const { page } = notebook;
    const header = (name: string) => page.getByRole('columnheader', { name, exact: true });
    await page.getByTitle('Sort by n', { exact: true }).click();
    expect(await column(2)).toEqual(['1', '2', '10', 'NULL']);
    expect(await header('n').getAttribute('aria-sort')).toBe('ascending');
    await page.getByTitle('Sort by n', { exact: true }).click();
    expect(await column(2)).toEqual(['10', '2', '1', 'NULL']);
    await page.getByTitle('Sort by name').click();
    expect(await column(1)).toEqual(['a', 'b9', 'b10', 'NULL']);
    expect(await header('n').getAttribute('aria-sort')).toBe('none');
    await page.getByTitle('Sort by name').click();
    await page.getByTitle('Sort by name').click();
    expect(await column(1)).toEqual(['b10', 'b9', 'NULL', 'a']);
  });

  it('hold only the rows that are seen, of as many as there are, and say how many', async () => {
    notebook = await NotebookHarness.open(browser);
    const rows = Array.from({ length: 10_000 }, (_, i) => [i, `text ${i}`]);
    await notebook.show(TABLE_MIME, table(['i', 'text'], rows, { more: true }));
    const { page } = notebook;
    expect(await page.locator('tbody tr').count()).toBeLessThan(60);
    expect(await page.getByRole('table').getAttribute('aria-rowcount')).toBe('10001');
    expect(await page.getByRole('status').textContent()).toMatch(/first 10,000 rows; there are more/);
    const scroller = page.getByRole('region', { name: 'Result' });
    await scroller.evaluate((element: { scrollTop: number; scrollHeight: number }) => {
      element.scrollTop = element.scrollHeight;
    });
    await page.getByRole('cell', { name: '9999', exact: true }).waitFor();
    expect(await page.locator('tbody tr').count()).toBeLessThan(60);
    await page.getByTitle('Sort by i', { exact: true }).click();
    await page.getByTitle('Sort by i', { exact: true }).click();
    expect((await column(1))[0]).toBe('9999');
  });

  it('grow while a query runs, and keep how they are sorted', async () => {
    notebook = await NotebookHarness.open(browser);
    await notebook.show(TABLE_MIME, table(['n'], [[2], [1]], { state: 'running' }));
    const { page } = notebook;
    expect(await page.getByRole('status').textContent()).toBe('2 rows so far…');
    await page.getByTitle('Sort by n').click();
    await notebook.show(TABLE_MIME, table(['n'], [[2], [1]], { state: 'stopped' }));
    expect(await page.getByRole('status').textContent()).toBe('2 rows before it was stopped.');
    await notebook.show(TABLE_MIME, table(['n'], [[2], [1], [0]]));
    expect(await column(1)).toEqual(['0', '1', '2']);
    expect(await page.getByRole('status').textContent()).toBe('3 rows');
    await notebook.dispose();
    expect(await page.locator('table').count()).toBe(0);
  });

  it('link videos, frames and objects to the editor, by mouse and keyboard', async () => {
    notebook = await NotebookHarness.open(browser);
    await notebook.show(
      TABLE_MIME,
      table(
        ['video', 'frame', 'object', 'area'],
        [
          ['a/b.mp4', 7, 'o1', 5],
          [null, 3, 'o2', 6],
          ['c.mp4', null, null, 7],
        ],
      ),
    );
    const { page, messages } = notebook;
    expect(await page.locator('.link').allTextContents()).toEqual(['a/b.mp4', '7', 'o1', 'c.mp4']);
    await page.getByRole('button', { name: '7: Open a/b.mp4 at frame 7, object o1' }).click();
    await page.getByRole('button', { name: 'c.mp4: Open c.mp4' }).focus();
    await page.keyboard.press('Enter');
    await expect
      .poll(() => messages)
      .toEqual([
        { kind: 'open', root: '/data', video: 'a/b.mp4', frame: 7, object: 'o1' },
        { kind: 'open', root: '/data', video: 'c.mp4' },
      ]);
  });

  it('show text as text', async () => {
    notebook = await NotebookHarness.open(browser);
    const hostile = '<img src=x onerror="document.title=\'gone\'"><script>document.title="gone"</script>';
    await notebook.show(TABLE_MIME, table([hostile, 'b'], [[hostile, '']], { problems: [hostile] }));
    expect(await column(1)).toEqual([hostile]);
    expect(await notebook.page.getByRole('alert').textContent()).toBe(hostile);
    expect(await notebook.page.title()).toBe('');
  });

  it.each<[ChartDirective, RegExp, string, number]>([
    [
      { kind: 'bar', x: 'label', y: 'n', title: 'Masks' },
      /^Masks\. Bar chart of n by label, 60 rows/,
      '[aria-label="bar"] rect',
      60,
    ],
    [
      { kind: 'histogram', x: 'area', color: 'label', bins: 10 },
      /^Histogram of area, coloured by label/,
      '[aria-label="rect"] rect',
      20,
    ],
    [
      { kind: 'line', x: 'n', y: 'area', color: 'label' },
      /^Line chart of area by n/,
      '[aria-label="line"] path',
      3,
    ],
    [{ kind: 'scatter', x: 'n', y: 'area' }, /^Scatter plot of area by n/, '[aria-label="dot"] circle', 60],
  ])('are charts: $kind', async (chart, name, marks, atLeast) => {
    notebook = await NotebookHarness.open(browser);
    await notebook.show(TABLE_MIME, { ...areas, chart });
    const { page } = notebook;
    await page.getByRole('img', { name }).waitFor();
    expect(await page.locator(marks).count()).toBeGreaterThanOrEqual(atLeast);
    expect(await page.locator('table').count()).toBe(0);
    await page.getByText('Table (60 rows)').click();
    await page.getByRole('columnheader', { name: 'area' }).waitFor();
    await saveScreenshot(page, `notebook-chart-${chart.kind}`);
  });

  it('say what could not be shown as asked, and show the table', async () => {
    notebook = await NotebookHarness.open(browser);
    await notebook.show(TABLE_MIME, { ...areas, problems: ['The bar chart needs a column "n".'] });
    expect(await notebook.page.getByRole('alert').textContent()).toContain('needs a column');
    expect(await notebook.page.getByRole('table').count()).toBe(1);
  });

  it('are pictures that come one by one and open the editor', async () => {
    notebook = await NotebookHarness.open(browser);
    const at = (frame: number) => ({ video: 'a.mp4', frame, object: 'o1', caption: 'cat, span_frames: 3' });
    const waiting = { state: 'waiting' } as const;
    const pictures = [0, 4, 9].map((frame) => ({ ...at(frame), picture: waiting }));
    await notebook.show(PICTURES_MIME, { root: '/data', pictures });
    const { page, messages } = notebook;
    expect(await page.locator('.waiting').count()).toBe(3);
    await notebook.show(PICTURES_MIME, {
      root: '/data',
      pictures: [
        { ...at(0), picture: { state: 'shown', src: PIXEL, width: 160, height: 90 } },
        { ...at(4), picture: { state: 'failed', reason: 'a.mp4 does not exist.' } },
        pictures[2],
      ],
    });
    const image = page.getByRole('img', { name: 'a.mp4, frame 0, with masks' });
    await expect
      .poll(() => image.evaluate((element: { naturalWidth: number }) => element.naturalWidth))
      .toBe(1);
    expect(await page.locator('.failed').textContent()).toBe('a.mp4 does not exist.');
    await page.getByRole('button', { name: 'Open a.mp4 at frame 4, object o1' }).click();
    await expect
      .poll(() => messages)
      .toEqual([{ kind: 'open', root: '/data', video: 'a.mp4', frame: 4, object: 'o1' }]);
  });

  it.each<ThemeName>(['dark', 'light', 'highContrast'])('can be read in the %s theme', async (theme) => {
    notebook = await NotebookHarness.open(browser, { theme });
    await notebook.show(
      TABLE_MIME,
      { ...areas, chart: { kind: 'histogram', x: 'area', color: 'label' } },
      'chart',
    );
    await notebook.show(
      TABLE_MIME,
      table(
        ['video', 'frame', 'label'],
        [
          ['a.mp4', 3, null],
          ['b.mp4', 4, 'cat'],
        ],
      ),
      'table',
    );
    const { page } = notebook;
    await page.locator('[aria-label="rect"] rect').first().waitFor();
    const contrast = async (selector: string): Promise<number> => {
      const [found, body] = [`document.querySelector(${JSON.stringify(selector)})`, 'document.body'];
      const colors: unknown = await page.evaluate(
        `[getComputedStyle(${found}).color, getComputedStyle(${body}).backgroundColor]`,
      );
      const [text, background] = colors as [string, string];
      return contrastOf(text, background);
    };
    for (const selector of ['th button', 'td', 'td.null', '.link', '.status']) {
      expect(await contrast(selector), selector).toBeGreaterThan(4.5);
    }
    await saveScreenshot(page, `notebook-outputs-${theme}`);
  });
});

/** WCAG's contrast ratio of two CSS colours without transparency. */
function contrastOf(a: string, b: string): number {
  const luminance = (color: string): number => {
    const [r, g, bl] = (color.match(/[\d.]+/g) ?? []).slice(0, 3).map((text) => {
      const value = Number(text) / 255;
      return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * bl;
  };
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}
