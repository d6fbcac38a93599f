import type { FrameIndex, VideoInfo } from '../../shared/domain/video';
import type { ObjectId, ObjectRecord } from '../../shared/domain/annotations';
import type { Changed } from '../../shared/protocol/changed';
import type { Change } from '../storage/api';
import type { Annotations } from '../annotations/annotations';

/** Dependencies of every kind of edit: a session provides them. */
export interface EditingHost {
  readonly annotations: Annotations;
  readonly video: VideoInfo;
  pts(frame: FrameIndex): number;
  requireWritable(): void;
  /** Refuses while a propagation runs, which would continue with objects as they were. */
  requireIdle(): void;
  requireObject(object: ObjectId): ObjectRecord;
  /** Makes a change durable and visible, and says what it changed; `build` sees everything written before it. */
  commit(build: () => Change, edit?: string): Promise<Changed>;
  /** The answer to an edit that has nothing to change. */
  unchanged(): Changed;
}
