import type { ObjectId } from './annotations';
import type { FrameRange } from './video';

/** How far the review of a clip by others is. */
export const REVIEW_STATES = ['in-work', 'to-review', 'accepted', 'to-fix'] as const;
export type ReviewState = (typeof REVIEW_STATES)[number];

export const isReviewState = (value: unknown): value is ReviewState =>
  REVIEW_STATES.some((state) => state === value);

/** What a state is called on screen. */
export const REVIEW_WORDS: Readonly<Record<ReviewState, string>> = {
  'in-work': 'in work',
  'to-review': 'to review',
  accepted: 'accepted',
  'to-fix': 'to fix',
};

/** What somebody wrote about a clip, some frames of it or an object; a line of the sidecar's `notes.jsonl`. */
export interface Note {
  /** A short random string. */
  readonly id: string;
  readonly text: string;
  /** By git's configuration; empty where it names nobody. */
  readonly author: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Absent: the whole clip. */
  readonly range?: FrameRange;
  readonly object?: ObjectId;
  readonly resolved: boolean;
}
