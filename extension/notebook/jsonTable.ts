import type { TableOutput, TableValue } from '../../shared/protocol/notebook';

type Row = Readonly<Record<string, unknown>>;

/**
 * The list of records in what a command printed with `--json`, as a table: the value itself, or the one such list among its fields.
 * Undefined where there is none, or more than one.
 */
export function tableFromJson(value: unknown): TableOutput | undefined {
  const lists = [value, ...(isRow(value) ? Object.values(value) : [])].filter(isRows);
  if (lists.length !== 1) return undefined;
  const [rows] = lists;
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return {
    columns,
    rows: rows.map((row) => columns.map((name) => cell(row[name]))),
    state: 'done',
    more: false,
    problems: [],
  };
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRows(value: unknown): value is readonly Row[] {
  return Array.isArray(value) && value.length > 0 && value.every(isRow);
}

function cell(value: unknown): TableValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return JSON.stringify(value);
}
