import type { EditMethod, Edits } from '../../shared/edits';
import type { VideoInfo } from '../../shared/domain/video';
import type { ImportParams, ImportProgress } from '../../shared/protocol/dataset';
import type { Editing } from '../../shared/protocol/session';
import type { ImportedClip } from '../import/api';

/** What a long edit needs while it runs. */
export interface EditRun {
  readonly signal: AbortSignal;
  /** Reads annotations of another format, away from this thread. */
  readImport(params: ImportParams, video: VideoInfo): Promise<ImportedClip>;
  progress(value: ImportProgress): void;
}

/** Carries out every edit of the table, in one session. */
export type EditHandlers = {
  readonly [M in EditMethod]: (params: Edits[M][0] & Editing, run: EditRun) => Promise<Edits[M][1]>;
};
