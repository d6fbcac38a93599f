import type { QueryBatch } from '../../kernel/client/queryProcess';
import type { TableOutput, TableValue } from '../../shared/protocol/notebook';
import { missingColumn, type Directives } from './directives';

/** What one statement gave so far, as it is shown. */
export class TableStream {
  private readonly rows: (readonly TableValue[])[] = [];
  private columns: readonly string[] = [];
  private end: { readonly more: boolean } | undefined;
  private stopped = false;
  root = '';

  constructor(private readonly directives: Directives) {}

  /** How many rows there are. */
  get size(): number {
    return this.rows.length;
  }

  /** No more rows are coming, whether or not all were there. */
  stop(): void {
    this.stopped = true;
  }

  add({ root, columns, rows, end }: QueryBatch): void {
    this.root = root;
    this.columns = columns;
    this.rows.push(...rows);
    this.end = end;
  }

  output(): TableOutput {
    const { chart, problems } = this.directives;
    const missing = missingColumn(this.directives, this.columns);
    return {
      root: this.root,
      columns: this.columns,
      rows: this.rows,
      state: this.end ? 'done' : this.stopped ? 'stopped' : 'running',
      more: this.end?.more ?? false,
      ...(chart && missing === undefined ? { chart } : {}),
      problems: missing === undefined ? problems : [...problems, missing],
    };
  }

  /** The frames that rows are about, with the rest of each row in words; those that name none are left out. */
  frames(count: number): { video: string; frame: number; object?: string; caption: string }[] {
    const at = (name: string): number => this.columns.indexOf(name);
    const [video, frame, object] = [at('video'), at('frame'), at('object')];
    return this.rows.slice(0, count).flatMap((row) => {
      const [path, index, id] = [row[video], row[frame], row[object]];
      if (typeof path !== 'string' || typeof index !== 'number') return [];
      const caption = this.columns
        .map((name, n) => ({ name, n }))
        .filter(({ n }) => n !== video && n !== frame && n !== object && row[n] !== null)
        .map(({ name, n }) => (name === 'label' ? String(row[n]) : `${name}: ${String(row[n])}`));
      return [
        {
          video: path,
          frame: index,
          ...(typeof id === 'string' ? { object: id } : {}),
          caption: caption.join(', '),
        },
      ];
    });
  }
}
