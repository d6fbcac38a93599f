/** What a progress bar needs of a stream; `process.stderr` is one. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface ProgressBarOptions {
  /** What is going on, for example `propagating`. */
  readonly label: string;
  /** What is counted, for example `frames`. */
  readonly unit: string;
  /** Default: stderr, so that what a command prints on stdout stays clean. */
  readonly stream?: ProgressStream;
  /** Milliseconds; default: a monotonic clock. */
  readonly now?: () => number;
}

export interface ProgressBar {
  /**
   * @param total unknown where it is left out: then there is a count, but no bar and no time left.
   * @param worked how many of those done took time; default: all since the first call.
   */
  update(done: number, total?: number, worked?: number): void;
  /** Leaves the last state standing on a line of its own. Further calls do nothing. */
  done(): void;
}

const REDRAW_MS = 80;
/** Without a terminal: at most one line in this time, and one for every tenth of the way. */
const PLAIN_MS = 3000;
const BAR_WIDTH = 28;

/** Progress on one redrawn line of a terminal; in a log file or a pipe, now and then a plain line. */
export function progressBar({
  label,
  unit,
  stream = process.stderr,
  now = () => performance.now(),
}: ProgressBarOptions): ProgressBar {
  const started = now();
  let first: number | undefined;
  let state: { done: number; total: number | undefined; worked: number | undefined } | undefined;
  let shownAt = -Infinity;
  let shownTenth = -1;
  let shown: typeof state;
  let ended = false;

  const text = (withBar: boolean): string => {
    const { done, total, worked } = state ?? { done: 0 };
    const elapsed = now() - started;
    // Frames that were there already when counting began took no time now.
    const counted = worked ?? done - (first ?? 0);
    const each = counted > 0 ? elapsed / counted : undefined;
    const parts = [total === undefined ? `${done} ${unit}` : `${done}/${total} ${unit}`];
    if (each !== undefined) parts.push(perUnit(each, unit));
    if (each !== undefined && total !== undefined && done < total)
      parts.push(`${duration(each * (total - done))} left`);
    if (total !== undefined && done >= total) parts.push(duration(elapsed));
    const bar = withBar && total !== undefined ? `${drawBar(total > 0 ? done / total : 1)} ` : '';
    return `${label} ${bar}${parts.join('  ')}`;
  };

  const draw = (): void => {
    shown = state;
    shownAt = now();
    if (!stream.isTTY) {
      stream.write(`${text(false)}\n`);
      return;
    }
    // One column less than there is, so that no terminal wraps the line.
    const room = Math.max(20, (stream.columns ?? 80) - 1);
    stream.write(`\r\x1b[2K${text(true).slice(0, room)}`);
  };

  return {
    update(done, total, worked) {
      if (ended) return;
      first ??= Math.max(0, done - 1);
      state = { done, total, worked };
      const waited = now() - shownAt;
      if (stream.isTTY) {
        if (waited >= REDRAW_MS || done === total) draw();
        return;
      }
      const tenth = total ? Math.floor((done / total) * 10) : -1;
      if (waited < PLAIN_MS && done !== total) return;
      if (tenth >= 0 && tenth === shownTenth && waited < 5 * PLAIN_MS) return;
      shownTenth = tenth;
      draw();
    },
    done() {
      if (ended) return;
      ended = true;
      if (!state) return;
      if (shown !== state) draw();
      if (stream.isTTY) stream.write('\n');
    },
  };
}

function drawBar(share: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * BAR_WIDTH);
  return `[${'='.repeat(filled)}${' '.repeat(BAR_WIDTH - filled)}]`;
}

/** Time for each, or how many a second where one takes very little. */
function perUnit(ms: number, unit: string): string {
  if (ms < 50) return `${Math.round(1000 / Math.max(ms, 0.001))} ${unit}/s`;
  const one = unit.replace(/s$/, '');
  return ms < 1000 ? `${Math.round(ms)} ms/${one}` : `${(ms / 1000).toFixed(2)} s/${one}`;
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}
