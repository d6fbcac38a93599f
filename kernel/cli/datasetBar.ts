import type { DatasetProgress } from '../../shared/protocol/dataset';
import { progressBar } from './progressBar';

/** Progress over several clips: a line for each, with its frames. */
export function datasetBar(verb: string): { update(progress: DatasetProgress): void; done(): void } {
  let clip: string | undefined;
  let bar: ReturnType<typeof progressBar> | undefined;
  return {
    update(progress) {
      if (progress.clip !== clip) {
        bar?.done();
        clip = progress.clip;
        const place = progress.clips > 1 ? ` (${progress.clipsDone + 1}/${progress.clips})` : '';
        bar = progressBar({ label: `${verb} ${clip}${place}`, unit: 'frames' });
      }
      bar?.update(progress.done, progress.total);
    },
    done: () => bar?.done(),
  };
}
