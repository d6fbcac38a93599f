import { dirname, resolve } from 'node:path';
import { MaskletError } from '../../shared/protocol/errors';
import type { Box, ObjectId, PointPrompt, RleMask } from '../../shared/domain/annotations';
import type { FrameIndex } from '../../shared/domain/video';
import { FileError } from '../../shared/protocol/fileError';
import { MAX_BYTES, readRegular } from '../../models/files/regularFile';
import type { PictureSize } from '../render/pngFormat';
import { readMaskPng } from '../render/maskPng';
import { parseBox, parseMask, parsePoint } from './arguments';
import { usageError } from './output';

export interface GivenPrompt {
  readonly frame: FrameIndex;
  readonly points: readonly PointPrompt[];
  readonly box?: Box;
  readonly mask?: RleMask;
}

/** A prompt whose mask is read once the size of the video is known. */
interface UnreadPrompt extends Omit<GivenPrompt, 'mask'> {
  readonly maskFile?: string;
}

/** One object with all prompts that a command line or a prompt file gives for it. */
export interface GivenObject<Prompt = GivenPrompt> {
  readonly id?: ObjectId;
  readonly label?: string;
  readonly prompts: readonly Prompt[];
}

export type UnreadObject = GivenObject<UnreadPrompt>;

/**
 * Reads the mask files of prompts, which must have the size of the video.
 * @throws MaskletError `input/invalid`, `file/refused`
 */
export async function readMasks(object: UnreadObject, size: PictureSize): Promise<GivenObject> {
  const prompts: GivenPrompt[] = [];
  for (const { maskFile, ...prompt } of object.prompts) {
    prompts.push({ ...prompt, ...(maskFile ? { mask: await readMaskPng(maskFile, size) } : {}) });
  }
  return { ...object, prompts };
}

/** Prompts from `--box`, `--point` and `--mask`: together they are one object. */
export function promptsFromOptions(options: {
  box: readonly string[];
  point: readonly string[];
  mask: readonly string[];
}): UnreadPrompt[] {
  const frames = new Map<FrameIndex, { points: PointPrompt[]; box?: Box; maskFile?: string }>();
  const at = (frame: FrameIndex): { points: PointPrompt[]; box?: Box; maskFile?: string } => {
    let prompt = frames.get(frame);
    if (!prompt) frames.set(frame, (prompt = { points: [] }));
    return prompt;
  };
  for (const text of options.box) {
    const { frame, box } = parseBox(text);
    if (at(frame).box)
      throw usageError(`Two boxes were given for frame ${frame}.`, 'One object has one box a frame.');
    at(frame).box = box;
  }
  for (const text of options.point) {
    const { frame, point } = parsePoint(text);
    at(frame).points.push(point);
  }
  for (const text of options.mask) {
    const { frame, file } = parseMask(text);
    at(frame).maskFile = file;
  }
  return [...frames].map(([frame, prompt]) => ({ frame, ...prompt }));
}

/**
 * A prompt file: `{"objects": [{"id"?, "label"?, "prompts": [{"frame", "points"?: [[x, y, label]], "box"?: [x0, y0, x1, y1],
 * "mask"?: "file.png"}]}]}`; mask files are relative to it. @throws MaskletError `input/invalid` naming the place.
 */
export async function readPromptFile(file: string): Promise<UnreadObject[]> {
  const bad = (where: string, what: string): MaskletError =>
    new MaskletError('input/invalid', `${file}: ${where} ${what}.`, {
      file,
      hint: 'The form is {"objects": [{"label": "dog", "prompts": [{"frame": 0, "box": [x0, y0, x1, y1]}]}]}.',
    });
  let data: unknown;
  try {
    data = JSON.parse((await readRegular(file, MAX_BYTES.list)).toString('utf8'));
  } catch (cause) {
    if (cause instanceof FileError) throw cause;
    throw bad('it', `cannot be read as JSON (${cause instanceof Error ? cause.message : String(cause)})`);
  }
  const record = (value: unknown, where: string): Record<string, unknown> => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
    throw bad(where, 'is not an object');
  };
  const list = (value: unknown, where: string): unknown[] => {
    if (Array.isArray(value)) return value;
    throw bad(where, 'is not a list');
  };
  const tuple = (value: unknown, length: number, where: string): number[] => {
    const values = list(value, where);
    if (values.length === length && values.every(Number.isFinite)) return values as number[];
    throw bad(where, `is not a list of ${length} numbers`);
  };
  const text = (value: unknown, where: string): string | undefined => {
    if (value === undefined || typeof value === 'string') return value;
    throw bad(where, 'is not text');
  };
  const readPrompt = (value: unknown, where: string): UnreadPrompt => {
    const prompt = record(value, where);
    if (!Number.isInteger(prompt.frame)) throw bad(`${where}.frame`, 'is not a frame number');
    const points = list(prompt.points ?? [], `${where}.points`).map((point, n): PointPrompt => {
      const [x, y, label] = tuple(point, 3, `${where}.points[${n}]`);
      if (label !== 0 && label !== 1) throw bad(`${where}.points[${n}]`, 'has a label that is not 0 or 1');
      return { x, y, label };
    });
    const mask = text(prompt.mask, `${where}.mask`);
    const box = prompt.box === undefined ? undefined : tuple(prompt.box, 4, `${where}.box`);
    if (points.length === 0 && !box && !mask) throw bad(where, 'has no points, no box and no mask');
    return {
      frame: prompt.frame as number,
      points,
      ...(box ? { box: [box[0], box[1], box[2], box[3]] as const } : {}),
      ...(mask ? { maskFile: resolve(dirname(file), mask) } : {}),
    };
  };
  const readObject = (value: unknown, where: string): UnreadObject => {
    const object = record(value, where);
    const id = text(object.id, `${where}.id`);
    const label = text(object.label, `${where}.label`);
    const prompts = list(object.prompts, `${where}.prompts`);
    if (prompts.length === 0) throw bad(`${where}.prompts`, 'is empty');
    return {
      ...(id === undefined ? {} : { id }),
      ...(label === undefined ? {} : { label }),
      prompts: prompts.map((prompt, n) => readPrompt(prompt, `${where}.prompts[${n}]`)),
    };
  };
  const objects = list(record(data, 'it').objects, 'objects');
  if (objects.length === 0) throw bad('objects', 'is empty');
  return objects.map((object, n) => readObject(object, `objects[${n}]`));
}
