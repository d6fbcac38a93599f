import { basename, join } from 'node:path';
import { MaskletError } from '../../../shared/protocol/errors';
import type { Problem } from '../../../shared/protocol/errors';
import type { VideoInfo } from '../../../shared/domain/video';
import { VIDEO_FILE } from './layout';
import { bothSides, splitLines } from './parseFile';
import { sortedObject } from './records';

/** A newer major version is refused; a newer minor one only adds fields, which are kept. */
const SCHEMA_MAJOR = 1;
const SCHEMA_MINOR = 0;

/** What a sidecar says of the video that it was made on; fields that are missing or malformed are left out. */
export interface VideoJson {
  readonly byteSize?: number;
  readonly fingerprint?: string;
  readonly sha256?: string;
  /** Everything that stands there. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * @returns undefined, with a problem, where the text is broken.
 * @throws MaskletError `sidecar/newer-version`
 */
export function parseVideoJson(
  text: string,
  folder: string,
): { readonly video?: VideoJson; readonly problems: readonly Problem[] } {
  const file = join(folder, VIDEO_FILE);
  const split = splitLines(text);
  const problems: Problem[] = split.markers.map((line) => ({
    code: 'sidecar/conflict',
    message: `${file}, line ${line}: git left a merge conflict here; it will be written anew at the next save.`,
    file,
    line,
  }));
  let fields: Record<string, unknown>;
  try {
    const [ours, theirs] = bothSides(split).map((side) => JSON.parse(side) as unknown);
    if (!isObject(ours) || !isObject(theirs)) throw new Error('it is not a JSON object');
    fields = { ...theirs, ...ours };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `${file} cannot be read (${reason}); it will be written anew at the next save.`;
    return { problems: [...problems, { code: 'sidecar/broken-line', message, file, line: 1 }] };
  }
  const [major] = versionOf(fields.schema);
  if (major > SCHEMA_MAJOR) {
    throw new MaskletError(
      'sidecar/newer-version',
      `${folder} was written by a newer Masklet (schema ${String(fields.schema)}; this one knows ${SCHEMA_MAJOR}).`,
      { file, hint: 'Update Masklet. Nothing was changed.' },
    );
  }
  return {
    problems,
    video: {
      ...(typeof fields.byteSize === 'number' ? { byteSize: fields.byteSize } : {}),
      ...(typeof fields.fingerprint === 'string' ? { fingerprint: fields.fingerprint } : {}),
      ...(typeof fields.sha256 === 'string' ? { sha256: fields.sha256 } : {}),
      fields,
    },
  };
}

/** False where the sidecar was made on other content. */
export function isMadeOn(json: VideoJson, video: VideoInfo): boolean {
  if (json.sha256 !== undefined && video.sha256 !== undefined) return json.sha256 === video.sha256;
  if (json.fingerprint !== undefined) return json.fingerprint === video.fingerprint;
  return json.byteSize === undefined || json.byteSize === video.byteSize;
}

/**
 * The file's text: one field a line, those with a comma always the same ones, so that even a union merge of two
 * versions stays JSON.
 * @param existing what is there: its unknown fields, and a newer minor version, are kept.
 */
export function composeVideoJson(
  video: VideoInfo,
  sha256: string | undefined,
  existing: VideoJson | undefined,
): string {
  const [, minor] = versionOf(existing?.fields.schema);
  const { byteSize, fingerprint, width, height, frameCount, timeBase } = video;
  const known = {
    schema: `${SCHEMA_MAJOR}.${Math.max(minor, SCHEMA_MINOR)}`,
    name: basename(video.path),
    byteSize,
    fingerprint,
    sha256,
    width,
    height,
    frameCount,
  };
  const last = { timeBase };
  const unknown = Object.entries(existing?.fields ?? {}).filter(
    ([name]) => !(name in known) && !(name in last),
  );
  return formatFields({ ...known, ...sortedObject(Object.fromEntries(unknown)), ...last });
}

/**
 * The text with a field set that the annotations do not decide about, where `composeVideoJson` keeps it.
 * @param value undefined: without it.
 * @throws MaskletError `sidecar/broken-line` where the text is broken, `sidecar/newer-version`
 */
export function withField(text: string, folder: string, name: string, value: string | undefined): string {
  const { video, problems } = parseVideoJson(text, folder);
  if (!video || problems.length > 0) {
    throw new MaskletError('sidecar/broken-line', problems.at(0)?.message ?? `${folder} cannot be read.`, {
      file: join(folder, VIDEO_FILE),
      hint: 'Open the video in the editor and save, or take the sidecar from git again.',
    });
  }
  const { timeBase, ...fields } = video.fields;
  const known = KNOWN_FIELDS.flatMap((field) => (field in fields ? [[field, fields[field]] as const] : []));
  const others = Object.entries({ ...fields, [name]: value }).filter(
    ([field, content]) => !KNOWN_FIELDS.includes(field) && content !== undefined,
  );
  const all = { ...Object.fromEntries(known), ...sortedObject(Object.fromEntries(others)), timeBase };
  return formatFields(all);
}

/** In the order in which they are written, before those of others and the last one. */
const KNOWN_FIELDS: readonly string[] = [
  'schema',
  'name',
  'byteSize',
  'fingerprint',
  'sha256',
  'width',
  'height',
  'frameCount',
];

function formatFields(fields: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

function versionOf(schema: unknown): [major: number, minor: number] {
  const [, major, minor] = (typeof schema === 'string' && /^(\d+)\.(\d+)$/.exec(schema)) || [];
  if (typeof schema === 'number') return [Math.floor(schema), 0];
  return [Number(major ?? SCHEMA_MAJOR), Number(minor ?? SCHEMA_MINOR)];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
