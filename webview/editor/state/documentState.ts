import {
  emptyStatus,
  type FramePrompt,
  type MaskView,
  type ObjectId,
  type ObjectStatus,
} from '../../../shared/domain/annotations';
import type { DocumentChange, DocumentState } from '../../../shared/protocol/editor';
import type { FrameIndex } from '../../../shared/domain/video';
import { frameCountOf, includesFrame, type Ranges, withFrame, withoutFrame } from './ranges';

/*
 * Pure changes to what the host last said. They only bridge the moment until it says so itself: the next state from the
 * host replaces everything.
 */

/** The document as the host has it now; what did not change stays the same by identity. */
export function withChange(document: DocumentState, change: DocumentChange): DocumentState {
  const next = { ...document, ...change.set, masksChanged: change.masksChanged };
  for (const key of change.unset) delete next[key];
  const changed = new Map(change.status?.map((status) => [status.object, status]));
  const objects = change.set.objects && new Set(change.set.objects.map(({ id }) => id));
  if (changed.size === 0 && !objects) return next;
  const kept = document.status
    .filter(({ object }) => !objects || objects.has(object))
    .map((status) => {
      const now = changed.get(status.object);
      changed.delete(status.object);
      return now ?? status;
    });
  return { ...next, status: [...kept, ...changed.values()] };
}

export function statusOf(document: DocumentState, object: ObjectId): ObjectStatus | undefined {
  return document.status.find((status) => status.object === object);
}

export function promptOf(
  document: DocumentState,
  object: ObjectId,
  frame: FrameIndex,
): FramePrompt | undefined {
  return document.prompts.find((prompt) => prompt.object === object && prompt.frame === frame);
}

export function hasPrompts(document: DocumentState, object?: ObjectId): boolean {
  return document.prompts.some((prompt) => object === undefined || prompt.object === object);
}

/** Frames of an object that have a mask of any state. */
export function maskCountOf(document: DocumentState, object: ObjectId): number {
  const status = statusOf(document, object);
  return status ? frameCountOf(status.masked) : 0;
}

/** @param to counted without the object itself. */
export function withMovedObject(document: DocumentState, object: ObjectId, to: number): DocumentState {
  const moved = document.objects.find(({ id }) => id === object);
  if (!moved) return document;
  const others = document.objects.filter(({ id }) => id !== object);
  return { ...document, objects: [...others.slice(0, to), moved, ...others.slice(to)] };
}

/** The whole prompt of an object on a frame. */
export function withPrompt(document: DocumentState, prompt: FramePrompt): DocumentState {
  return changePrompt(document, prompt.object, prompt.frame, () => prompt);
}

/** Takes masks just made into account, so that the timeline grows with every frame. */
export function withMasks(
  document: DocumentState,
  frame: FrameIndex,
  masks: readonly MaskView[],
): DocumentState {
  let { status } = document;
  for (const mask of masks) {
    if (!document.objects.some(({ id }) => id === mask.object)) continue;
    status = changeStatus(status, mask.object, (before) => ({
      ...before,
      masked: withFrame(before.masked, frame),
      prompted: setFrame(before.prompted, frame, mask.state === 'prompted'),
      stale: setFrame(before.stale, frame, mask.stale),
      verified: setFrame(before.verified, frame, mask.verified),
      edited: setFrame(before.edited, frame, mask.state === 'edited'),
      local: setFrame(before.local, frame, mask.local === true),
      gold: setFrame(before.gold, frame, mask.gold !== undefined),
      absent: setFrame(before.absent, frame, mask.state === 'absent'),
    }));
  }
  return status === document.status ? document : { ...document, status };
}

/**
 * True where masks may have changed that no message brought: prompts changed (undo, another editor), or ranges did while
 * nothing propagated, for propagation sends its masks itself.
 */
export function masksMayDiffer(before: DocumentState, after: DocumentState): boolean {
  if (!same(before.prompts, after.prompts) || !same(before.objects, after.objects)) return true;
  if (after.propagation) return false;
  if (before.propagation !== undefined || before.status.length !== after.status.length) return true;
  return before.status !== after.status && before.status.some((status, i) => !same(status, after.status[i]));
}

/** What there is to say about an object on a frame, in the words of the field. */
export function frameWords(status: ObjectStatus, frame: FrameIndex): string[] {
  const words: string[] = [];
  if (includesFrame(status.prompted, frame)) words.push('prompted');
  else if (includesFrame(status.edited, frame)) words.push('edited');
  else if (includesFrame(status.absent, frame)) words.push('absent');
  else if (includesFrame(status.masked, frame)) words.push('propagated');
  if (includesFrame(status.local, frame)) words.push('this frame only');
  if (includesFrame(status.gold, frame)) words.push('gold');
  if (includesFrame(status.stale, frame)) words.push('stale');
  if (includesFrame(status.verified, frame)) words.push('verified');
  return words;
}

function setFrame(ranges: Ranges, frame: FrameIndex, on: boolean): Ranges {
  return on ? withFrame(ranges, frame) : withoutFrame(ranges, frame);
}

function changePrompt(
  document: DocumentState,
  object: ObjectId,
  frame: FrameIndex,
  change: (prompt: FramePrompt) => FramePrompt,
): DocumentState {
  const before = promptOf(document, object, frame);
  const after = change(before ?? { object, frame, points: [] });
  if (after === before) return document;
  return {
    ...document,
    prompts: before
      ? document.prompts.map((prompt) => (prompt === before ? after : prompt))
      : [...document.prompts, after],
  };
}

function changeStatus(
  status: readonly ObjectStatus[],
  object: ObjectId,
  change: (status: ObjectStatus) => ObjectStatus,
): readonly ObjectStatus[] {
  const before = status.find((candidate) => candidate.object === object);
  if (before) return status.map((candidate) => (candidate === before ? change(before) : candidate));
  return [...status, change(emptyStatus(object))];
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
