import type { FrameIndex, VideoInfo } from '../../shared/domain/video';
import type { ObjectId, ObjectRecord } from '../../shared/domain/annotations';
import type { Change } from '../storage/api';
import type { Annotations } from '../annotations/annotations';

/** What edits of every kind need of their session. */
export interface EditingHost {
  readonly annotations: Annotations;
  readonly video: VideoInfo;
  pts(frame: FrameIndex): number;
  requireWritable(): void;
  requireObject(object: ObjectId): ObjectRecord;
  commit(build: () => Change, edit?: string): Promise<void>;
  /** A running propagation goes back to this frame. */
  changed(object: ObjectId, frame: FrameIndex): void;
}
