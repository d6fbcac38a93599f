import type { Box, PointPrompt } from '../../shared/domain/annotations';
import type { FrameIndex, FrameRange } from '../../shared/domain/video';
import type { FrameSelection } from '../../shared/protocol/dataset';
import { usageError } from './output';

function numbers(text: string): number[] {
  return text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
}

function split(text: string, form: string): { frame: FrameIndex; rest: string } {
  const match = /^(\d+):(.+)$/.exec(text);
  if (!match) throw usageError(`"${text}" is not of the form ${form}.`, 'F is the frame, counted from 0.');
  return { frame: Number(match[1]), rest: match[2] };
}

/** `F:x0,y0,x1,y1` */
export function parseBox(text: string): { frame: FrameIndex; box: Box } {
  const { frame, rest } = split(text, 'F:x0,y0,x1,y1');
  const values = numbers(rest);
  if (values.length !== 4 || !values.every(Number.isFinite)) {
    throw usageError(
      `"${text}" is not a box.`,
      'Give it as F:x0,y0,x1,y1 in pixels, for example 0:450,375,705,550.',
    );
  }
  return { frame, box: [values[0], values[1], values[2], values[3]] };
}

/** `F:x,y` or `F:x,y,1` for a point on the object, `F:x,y,0` for one outside it. */
export function parsePoint(text: string): { frame: FrameIndex; point: PointPrompt } {
  const { frame, rest } = split(text, 'F:x,y[,0|1]');
  const [x, y, label = 1, ...more] = numbers(rest);
  if (!Number.isFinite(x) || !Number.isFinite(y) || (label !== 0 && label !== 1) || more.length > 0) {
    throw usageError(
      `"${text}" is not a point.`,
      'Give it as F:x,y or F:x,y,0 (outside) or F:x,y,1 (inside).',
    );
  }
  return { frame, point: { x, y, label } };
}

/** `F:FILE.png` */
export function parseMask(text: string): { frame: FrameIndex; file: string } {
  const { frame, rest } = split(text, 'F:FILE.png');
  return { frame, file: rest };
}

/** `A:B`, both ends included; either may be left out. */
export function parseRange(text: string, frameCount: number): FrameRange {
  const match = /^(\d*):(\d*)$/.exec(text) ?? (/^\d+$/.test(text) ? [text, text, text] : undefined);
  if (!match)
    throw usageError(
      `"${text}" is not a range of frames.`,
      'Give it as A:B, A: or :B; both ends are included.',
    );
  const first = match[1] === '' ? 0 : Number(match[1]);
  const last = match[2] === '' ? frameCount - 1 : Number(match[2]);
  if (first > last) throw usageError(`The range ${text} is empty.`, 'Its first frame comes after its last.');
  return { first, last };
}

/** `all`, `verified` or `every:N` */
export function parseSelection(text: string): FrameSelection {
  if (text === 'all' || text === 'verified') return { kind: text };
  const step = Number(/^every:(\d+)$/.exec(text)?.[1] ?? 0);
  if (step >= 1) return { kind: 'every', step };
  throw usageError(`"${text}" is not a valid frame selection.`, 'Give all, verified, or every:N.');
}

/** `i/n`, counted from 1. */
export function parseShard(text: string): { index: number; count: number } {
  const [, index, count] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).map(Number);
  if (index >= 1 && index <= count) return { index, count };
  throw usageError(`"${text}" is not a valid shard.`, 'Give it as i/n, from 1/n to n/n.');
}

/** `n` or `n%m`: so many tasks, and how many of them at a time. */
export function parseArray(text: string): { tasks: number; limit?: number } {
  const match = /^(\d{1,6})(?:%(\d{1,6}))?$/.exec(text);
  const [tasks, limit] = [Number(match?.[1] ?? 0), match?.[2] === undefined ? undefined : Number(match[2])];
  if (tasks >= 1 && limit !== 0) return { tasks, ...(limit === undefined ? {} : { limit }) };
  throw usageError(
    `"${text}" is not a number of tasks.`,
    'Give a whole number from 1, or n%m for m of n at a time.',
  );
}

/** A whole number from 1. */
export function parseCount(text: string, option: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count >= 1) return count;
  throw usageError(`"${text}" is not a valid number for ${option}.`, 'Give a whole number from 1.');
}

/** `1,3`: whole numbers from 1. */
export function parseNumbers(text: string, option: string): number[] {
  const all = numbers(text);
  if (all.every((n) => Number.isInteger(n) && n >= 1)) return all;
  throw usageError(`"${text}" cannot be used for ${option}.`, 'Give whole numbers with commas between: 1,3.');
}

export function parseFrame(text: string): FrameIndex {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw usageError(`"${text}" is not a valid frame number.`, 'Frames are counted from 0.');
}

/** `a,b`: at least one, none twice. */
export function parseLabels(text: string): string[] {
  const labels = text.split(',').map((label) => label.trim());
  if (labels.every((label) => label !== '') && new Set(labels).size === labels.length) return labels;
  throw usageError(
    `"${text}" is not a valid list of labels.`,
    'Give them with commas between, each once: cat,dog.',
  );
}
