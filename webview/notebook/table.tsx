import type { VNode } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { addressInWords, type Open } from './open';
import type { FrameAddress, TableOutput, TableValue } from '../../shared/protocol/notebook';
import { nextSorting, sorted, type Sorting } from './sorting';

/** Height of a row in pixels, as in the style sheet. */
const ROW_HEIGHT = 24;
const MAX_HEIGHT = 400;
/** Rows drawn above and below those that are seen. */
const MARGIN_ROWS = 10;
/** So many rows decide how wide columns are. */
const MEASURED_ROWS = 200;
const [NARROWEST, WIDEST] = [5, 60];

/** A table that can be sorted; of however many rows, only those that are seen are in the page. */
export function Table({ output, open }: { readonly output: TableOutput; readonly open: Open }): VNode {
  const { columns, rows } = output;
  const [sorting, setSorting] = useState<Sorting>();
  const [top, setTop] = useState(0);
  const scroller = useRef<HTMLDivElement>(null);
  const ordered = useMemo(() => sorted(rows, sorting), [rows, sorting]);
  const widths = useMemo(() => columnWidths(output), [columns, rows]);
  const numeric = useMemo(() => columns.map((_, n) => isNumeric(rows, n)), [columns, rows]);
  const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - MARGIN_ROWS);
  const last = Math.min(ordered.length, Math.ceil((top + MAX_HEIGHT) / ROW_HEIGHT) + MARGIN_ROWS);
  useLayoutEffect(() => {
    if (scroller.current) scroller.current.scrollTop = 0;
  }, [sorting]);
  const linkOf = (row: readonly TableValue[], column: number): FrameAddress | undefined =>
    open && output.root !== undefined ? addressOf(columns, row, column) : undefined;

  return (
    <div
      class="scroller"
      ref={scroller}
      tabIndex={0}
      role="region"
      aria-label="Result"
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <table
        aria-rowcount={ordered.length + 1}
        style={{ width: `${widths.reduce((sum, w) => sum + w, 0)}ch` }}
      >
        <colgroup>
          {widths.map((width, n) => (
            <col key={n} style={{ width: `${width}ch` }} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((name, n) => (
              <th key={n} scope="col" class={numeric[n] ? 'number' : ''} aria-sort={ariaSort(sorting, n)}>
                <button
                  type="button"
                  title={`Sort by ${name}`}
                  onClick={() => setSorting(nextSorting(sorting, n))}
                >
                  {name}
                  <span class="sort" aria-hidden="true">
                    {sorting?.column === n ? (sorting.descending ? '▼' : '▲') : ''}
                  </span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Gap rows={first} columns={columns.length} />
          {ordered.slice(first, last).map((row, n) => (
            <tr key={first + n} aria-rowindex={first + n + 2}>
              {row.map((value, column) => (
                <Cell
                  key={column}
                  value={value}
                  link={linkOf(row, column)}
                  follow={(address) => open?.({ kind: 'open', root: output.root ?? '', ...address })}
                />
              ))}
            </tr>
          ))}
          <Gap rows={ordered.length - last} columns={columns.length} />
        </tbody>
      </table>
    </div>
  );
}

function Cell({
  value,
  link,
  follow,
}: {
  readonly value: TableValue;
  readonly link: FrameAddress | undefined;
  readonly follow: (address: FrameAddress) => void;
}): VNode {
  if (value === null) return <td class="null">NULL</td>;
  const text = typeof value === 'number' ? numberInWords(value) : String(value);
  return (
    <td class={typeof value === 'number' ? 'number' : ''} title={text.length > 20 ? text : undefined}>
      {link ? (
        <button
          type="button"
          class="link"
          aria-label={`${text}: ${addressInWords(link)}`}
          onClick={() => follow(link)}
        >
          {text}
        </button>
      ) : (
        text
      )}
    </td>
  );
}

/** Stands for rows that are not in the page. */
function Gap({ rows, columns }: { readonly rows: number; readonly columns: number }): VNode | null {
  if (rows <= 0) return null;
  return (
    <tr aria-hidden="true" style={{ height: `${rows * ROW_HEIGHT}px` }}>
      <td colSpan={columns} />
    </tr>
  );
}

/** Where a cell leads: those in the columns `video`, `frame` and `object`, as far as the row says. */
function addressOf(
  columns: readonly string[],
  row: readonly TableValue[],
  column: number,
): FrameAddress | undefined {
  const name = columns[column];
  if (name !== 'video' && name !== 'frame' && name !== 'object') return undefined;
  const value = (key: string): TableValue => row[columns.indexOf(key)] ?? null;
  const [video, frame, object] = [value('video'), value('frame'), value('object')];
  if (typeof video !== 'string') return undefined;
  return {
    video,
    ...(typeof frame === 'number' && Number.isInteger(frame) ? { frame } : {}),
    ...(typeof object === 'string' ? { object } : {}),
  };
}

/** Whole numbers as they are, others with as many digits as help. */
function numberInWords(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}

function ariaSort(sorting: Sorting | undefined, column: number): 'ascending' | 'descending' | 'none' {
  if (sorting?.column !== column) return 'none';
  return sorting.descending ? 'descending' : 'ascending';
}

/** True where the first value there is a number. */
function isNumeric(rows: TableOutput['rows'], column: number): boolean {
  return typeof rows.slice(0, MEASURED_ROWS).find((row) => row[column] !== null)?.[column] === 'number';
}

/** In widths of a digit. */
function columnWidths({ columns, rows }: TableOutput): number[] {
  return columns.map((name, n) => {
    const longest = rows.slice(0, MEASURED_ROWS).reduce((most, row) => {
      const value = row[n];
      const text = typeof value === 'number' ? numberInWords(value) : String(value ?? 'NULL');
      return Math.max(most, text.length);
    }, name.length + 2);
    return Math.min(WIDEST, Math.max(NARROWEST, longest)) + 3;
  });
}
