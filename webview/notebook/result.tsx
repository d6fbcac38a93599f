import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Chart } from './chart';
import type { Open } from './open';
import type { TableOutput } from '../../shared/protocol/notebook';
import { Table } from './table';

/** A query's result: a table, or a chart with the table behind it. */
export function Result({ output, open }: { readonly output: TableOutput; readonly open: Open }): VNode {
  const { chart, problems, rows, state, more } = output;
  const charted = chart && rows.length > 0;
  const [tableShown, setTableShown] = useState(false);
  return (
    <>
      {problems.map((problem) => (
        <p key={problem} class="problem" role="alert">
          {problem}
        </p>
      ))}
      {charted ? (
        <>
          <Chart directive={chart} output={output} />
          <details open={tableShown} onToggle={(event) => setTableShown(event.currentTarget.open)}>
            <summary>{`Table (${rowsInWords(output)})`}</summary>
            {tableShown && <Table output={output} open={open} />}
          </details>
        </>
      ) : (
        <Table output={output} open={open} />
      )}
      <p class="status" role="status">
        {/* The line that opens the table counts the rows already. */}
        {charted && state === 'done' && !more ? '' : statusOf(output)}
      </p>
    </>
  );
}

function rowsInWords({ rows }: TableOutput): string {
  return `${rows.length.toLocaleString('en')} ${rows.length === 1 ? 'row' : 'rows'}`;
}

function statusOf(output: TableOutput): string {
  if (output.state === 'running') return `${rowsInWords(output)} so far…`;
  if (output.state === 'stopped') return `${rowsInWords(output)} before it was stopped.`;
  if (output.more) return `The first ${rowsInWords(output)}; there are more. -- limit: N shows more.`;
  return output.rows.length === 0 ? 'No rows.' : rowsInWords(output);
}
