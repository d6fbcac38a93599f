import { basename, join, isAbsolute } from 'node:path';
import { NotebookCellOutputItem, workspace, type NotebookCellExecution } from 'vscode';
import { readingStatements } from '../../shared/protocol/query/statements';
import type { QueryProcess } from '../../kernel/client/queryProcess';
import { isCancelled, toErrorData } from '../../shared/protocol/errors';
import type { IndexProgress, OverlayPicture } from '../../shared/protocol/dataset';
import {
  PICTURES_MIME,
  TABLE_MIME,
  type OutputPicture,
  type PicturesOutput,
  type TableOutput,
} from '../../shared/protocol/notebook';
import { confinement } from '../kernel/filePlace';
import type { KernelService } from '../kernel/kernelService';
import { CellOutput } from './cellOutput';
import { parseDirectives, type PicturesDirective } from './directives';
import type { NotebookPlace } from './notebookPlace';
import { TableStream } from './tableStream';

const tableItem = (output: TableOutput): NotebookCellOutputItem =>
  NotebookCellOutputItem.json(output, TABLE_MIME);
const picturesItem = (output: PicturesOutput): NotebookCellOutputItem =>
  NotebookCellOutputItem.json(output, PICTURES_MIME);

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
  execution: NotebookCellExecution,
  place: NotebookPlace,
  { queries, kernel }: SqlCellTools,
  signal: AbortSignal,
): Promise<void> {
  const source = execution.cell.document.getText();
  const statements = readingStatements(source).map((text) => {
    const directives = parseDirectives(text);
    return { directives, table: new TableStream(directives) };
  });
  await takeInSidecars(execution, place, kernel, signal);
  const shown: CellOutput[] = [];
  const show = (n: number, now: boolean): void => {
    const { table } = statements[n];
    shown[n] ??= new CellOutput(execution);
    // Long tables take longer to send: they are drawn more rarely.
    shown[n].show(() => [tableItem(table.output())], now ? 0 : Math.max(REDRAW_MS, table.size / ROWS_PER_MS));
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

/** A clone or a pull brings sidecars that the database does not know yet. What cannot be taken in keeps no query from running. */
async function takeInSidecars(
  execution: NotebookCellExecution,
  place: NotebookPlace,
  kernel: KernelService,
  signal: AbortSignal,
): Promise<void> {
  // It writes to the database.
  if (!workspace.isTrusted) return;
  const output = new CellOutput(execution);
  const onProgress = (value: IndexProgress): void => {
    const { done, total, clip } = value;
    const text = `Reading annotations: ${done + 1} of ${total} clips, ${basename(clip)}\n`;
    output.show(() => [NotebookCellOutputItem.stdout(text)], REDRAW_MS);
  };
  let problems: readonly string[];
  try {
    ({ problems } = await kernel.request('dataset/index', place, { signal, onProgress }));
  } catch (error) {
    if (isCancelled(error)) throw error;
    problems = [toErrorData(error).message];
  }
  await output.finished();
  await execution.clearOutput();
  if (problems.length === 0) return;
  for (const problem of problems) kernel.log.warn(problem);
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more in the log)` : '';
  const told = new CellOutput(execution);
  told.show(() => [
    NotebookCellOutputItem.stderr(`Some annotations could not be read: ${problems[0]}${more}\n`),
  ]);
  await told.finished();
}

async function showPictures(
  execution: NotebookCellExecution,
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
  const output = new CellOutput(execution);
  const show = (): void => output.show(() => [picturesItem({ root, pictures })], REDRAW_MS);
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
        ...confinement(),
        ...(place.workspaceRoot === undefined ? {} : { workspaceRoot: place.workspaceRoot }),
        ...(place.dataDir === undefined ? {} : { dataDir: place.dataDir }),
      },
      {
        signal,
        onProgress: (value) => {
          const picture = value;
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
