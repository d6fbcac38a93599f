import { join, isAbsolute } from 'node:path';
import * as vscode from 'vscode';
import { readingStatements } from '../../kernel/client/queryLanguage';
import type { QueryProcess } from '../../kernel/client/queryProcess';
import type { OverlayPicture } from '../../kernel/protocol';
import { PICTURES_MIME, TABLE_MIME, type OutputPicture } from '../../webview/notebook/protocol';
import type { KernelService } from '../kernel/kernelService';
import { parseDirectives, type PicturesDirective } from './directives';
import type { NotebookPlace } from './notebookPlace';
import { TableStream } from './tableStream';

const MAX_ROWS = 10_000;
/** What is shown of a result need not be newer than this. */
const REDRAW_MS = 300;
const ROWS_PER_MS = 20;

export interface SqlCellTools {
  readonly queries: QueryProcess;
  readonly kernel: KernelService;
}

/** Runs a SQL cell and shows its results as they come. @throws MaskletError as `QueryProcess.run` */
export async function runSqlCell(
  execution: vscode.NotebookCellExecution,
  place: NotebookPlace,
  { queries, kernel }: SqlCellTools,
  signal: AbortSignal,
): Promise<void> {
  const source = execution.cell.document.getText();
  const statements = readingStatements(source).map((text) => {
    const directives = parseDirectives(text);
    return { directives, table: new TableStream(directives) };
  });
  const shown: Shown[] = [];
  const show = (n: number, now: boolean): void => {
    const { table } = statements[n];
    shown[n] ??= new Shown(execution, TABLE_MIME);
    // Long tables take longer to send: they are drawn more rarely.
    shown[n].show(() => table.output(), now ? 0 : Math.max(REDRAW_MS, table.size / ROWS_PER_MS));
  };
  try {
    await queries.run(
      { ...place, sql: source, maxRows: statements.map(({ directives }) => directives.limit ?? MAX_ROWS) },
      (batch) => {
        statements[batch.statement].table.add(batch);
        show(batch.statement, batch.end !== undefined);
      },
      signal,
    );
  } catch (error) {
    statements.forEach(({ table }, n) => {
      table.stop();
      if (shown[n]) show(n, true);
    });
    throw error;
  } finally {
    await Promise.all(shown.map((output) => output.finished()));
  }
  for (const { directives, table } of statements) {
    if (directives.pictures) await showPictures(execution, directives.pictures, table, place, kernel, signal);
  }
}

async function showPictures(
  execution: vscode.NotebookCellExecution,
  { count, size }: PicturesDirective,
  table: TableStream,
  place: NotebookPlace,
  kernel: KernelService,
  signal: AbortSignal,
): Promise<void> {
  const frames = table.frames(count);
  if (frames.length === 0) return;
  const { root } = table;
  const pictures: OutputPicture[] = frames.map((frame) => ({ ...frame, picture: { state: 'waiting' } }));
  const output = new Shown(execution, PICTURES_MIME);
  const show = (): void => output.show(() => ({ root, pictures }), REDRAW_MS);
  show();
  try {
    await kernel.request(
      'dataset/overlayPictures',
      {
        frames: frames.map(({ video, frame, object }) => ({
          path: isAbsolute(video) ? video : join(root, video),
          frame,
          ...(object === undefined ? {} : { object }),
        })),
        maxDimension: size,
        ...(place.workspaceRoot === undefined ? {} : { workspaceRoot: place.workspaceRoot }),
        ...(place.dataDir === undefined ? {} : { dataDir: place.dataDir }),
      },
      {
        signal,
        onProgress: (value) => {
          const picture = value as OverlayPicture;
          pictures[picture.index] = { ...pictures[picture.index], picture: asShown(picture) };
          show();
        },
      },
    );
  } finally {
    await output.finished();
  }
}

function asShown(picture: OverlayPicture): OutputPicture['picture'] {
  if ('error' in picture) return { state: 'failed', reason: picture.error.message };
  const { data, width, height } = picture;
  return {
    state: 'shown',
    src: `data:image/jpeg;base64,${Buffer.from(data).toString('base64')}`,
    width,
    height,
  };
}

/** One output of a cell, drawn anew now and then while its content grows. */
class Shown {
  private readonly output = new vscode.NotebookCellOutput([]);
  private timer: NodeJS.Timeout | undefined;
  private draw: (() => void) | undefined;
  private drawing: Promise<unknown> | undefined;

  constructor(
    private readonly execution: vscode.NotebookCellExecution,
    private readonly mime: string,
  ) {}

  /** @param withinMs how long it may take to be seen; the first time, it is at once. */
  show(content: () => unknown, withinMs: number): void {
    this.draw = () => {
      this.draw = undefined;
      const items = [vscode.NotebookCellOutputItem.json(content(), this.mime)];
      const first = this.output.items.length === 0;
      this.output.items = items;
      const drawn = this.drawing ?? Promise.resolve();
      this.drawing = drawn.then(() =>
        first
          ? this.execution.appendOutput(this.output)
          : this.execution.replaceOutputItems(items, this.output),
      );
    };
    if (withinMs === 0 || this.output.items.length === 0) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), withinMs);
  }

  /** Resolves when the newest content is on its way. */
  async finished(): Promise<void> {
    this.flush();
    await this.drawing;
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.draw?.();
  }
}
