import type { OpenProgress } from '../../shared/protocol/session';
import type { ProgressBar } from './progressBar';

/** Shows how far indexing is; what else opening does takes no time worth showing. */
export function showIndexing(bar: ProgressBar, progress: OpenProgress): void {
  if (progress.framesIndexed !== undefined) bar.update(progress.framesIndexed);
}
