import { join } from 'node:path';
import type { FrameIndex } from '../../shared/domain/video';
import type { MaskRecord, ObjectId, ObjectRecord } from '../../shared/domain/annotations';
import type { Problem } from '../../shared/protocol/errors';
import { VIDEO_FILE, lineFile, parseKey } from '../storage/sidecar/layout';
import { parseFile, type ParsedRow } from '../storage/sidecar/parseFile';
import type { LineContext } from '../storage/sidecar/parseLine';
import { parseVideoJson } from '../storage/sidecar/videoJson';

/** A mask with its line as this version of Masklet writes it. */
export interface MaskLine {
  readonly record: MaskRecord;
  readonly line: string;
}

/** What one version of a sidecar says, for comparison. Of a key in conflict, the first version counts. */
export interface SidecarVersion {
  /** Undefined where there is no readable `video.json`. */
  readonly video?: { readonly width: number; readonly height: number; readonly frameCount: number };
  readonly objects: ReadonlyMap<ObjectId, { readonly record: ObjectRecord; readonly line: string }>;
  readonly masks: ReadonlyMap<ObjectId, ReadonlyMap<FrameIndex, MaskLine>>;
  /** By object: key -> line. */
  readonly prompts: ReadonlyMap<ObjectId, ReadonlyMap<string, string>>;
  readonly marks: ReadonlyMap<ObjectId, ReadonlyMap<string, string>>;
  readonly problems: readonly Problem[];
}

/**
 * Reads the files of one version of a sidecar.
 * @param folder the sidecar's, for messages.
 * @param otherwise what the video is where this version does not say.
 * @throws MaskletError `sidecar/newer-version`
 */
export function readVersion(
  files: ReadonlyMap<string, Uint8Array>,
  folder: string,
  otherwise?: SidecarVersion['video'],
): SidecarVersion {
  const problems: Problem[] = [];
  const video = shapeOf(files.get(VIDEO_FILE), folder, problems) ?? otherwise;
  const objects = new Map<ObjectId, { record: ObjectRecord; line: string }>();
  const masks = new Map<ObjectId, Map<FrameIndex, MaskLine>>();
  const prompts = new Map<ObjectId, Map<string, string>>();
  const marks = new Map<ObjectId, Map<string, string>>();
  const put = (key: string, { row, line }: ParsedRow): void => {
    const { object } = parseKey(key);
    if (row.kind === 'object') objects.set(object, { record: row.record, line });
    else if (row.kind === 'mask') inner(masks, object).set(row.record.frame, { record: row.record, line });
    else inner(row.kind === 'prompt' ? prompts : marks, object).set(key, line);
  };
  const context: LineContext | undefined = video && { ...video, hasObject: () => true };
  for (const [file, content] of context ? files : []) {
    if (!lineFile(file)) continue;
    const { rows, broken } = parseFile(file, Buffer.from(content).toString('utf8'), context!);
    for (const [key, versions] of rows) put(key, versions[0]);
    if (broken.length > 0) problems.push(brokenLines(join(folder, file), broken));
  }
  return { ...(video ? { video } : {}), objects, masks, prompts, marks, problems };
}

function shapeOf(
  content: Uint8Array | undefined,
  folder: string,
  problems: Problem[],
): SidecarVersion['video'] {
  if (content === undefined) return undefined;
  const read = parseVideoJson(Buffer.from(content).toString('utf8'), folder);
  const { width, height, frameCount } = read.video?.fields ?? {};
  const sound = [width, height, frameCount].every(
    (value) => Number.isSafeInteger(value) && Number(value) > 0,
  );
  if (sound) return { width: Number(width), height: Number(height), frameCount: Number(frameCount) };
  const file = join(folder, VIDEO_FILE);
  const message = `${file} does not say how large the video is.`;
  problems.push({ code: 'sidecar/broken-line', message, file });
  return undefined;
}

function brokenLines(file: string, broken: readonly { line: number; reason: string }[]): Problem {
  const [{ line, reason }] = broken;
  const more = broken.length > 1 ? `, and ${broken.length - 1} more lines like this` : '';
  return {
    code: 'sidecar/broken-line',
    message: `${file}, line ${line}: ${reason}${more}; not compared.`,
    file,
    line,
  };
}

function inner<K, V>(maps: Map<ObjectId, Map<K, V>>, object: ObjectId): Map<K, V> {
  const map = maps.get(object) ?? new Map<K, V>();
  maps.set(object, map);
  return map;
}
