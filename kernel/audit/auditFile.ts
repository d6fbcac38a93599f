import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { basename, join } from 'node:path';
import { MaskletError, errnoOf, fileRefused } from '../../shared/protocol/errors';
import { FileError } from '../../shared/protocol/fileError';
import type { AuditAnswer, AuditItem } from '../../shared/protocol/audit';
import { MAX_BYTES, listFolder, readRegularSync } from '../../models/files/regularFile';
import { makeDataFolder } from '../storage/dataFolder';
import { OBJECT_ID } from '../storage/sidecar/layout';
import { writeAtomically } from '../storage/sidecar/files';

export const AUDITS_FOLDER = 'audits';

const SCHEMA = 1;
const NAME = /^\d{4}-\d{2}-\d{2}-\d{1,10}\.json$/;
const ANSWERS: readonly AuditAnswer[] = ['accepted', 'corrected', 'cannot-tell', 'changed'];

export interface AuditStratum {
  readonly name: string;
  readonly masks: number;
}

/** An audit as it is kept in text: what was drawn, in the order of drawing, and what was answered. */
export interface Audit {
  readonly seed: number;
  readonly date: string;
  /** How many of the items are to be answered; the others are there for when more are wanted. */
  readonly wanted: number;
  readonly clips: number;
  readonly strata: readonly AuditStratum[];
  readonly items: readonly AuditItem[];
}

export function auditFile(databaseFolder: string, { date, seed }: Pick<Audit, 'date' | 'seed'>): string {
  return join(databaseFolder, AUDITS_FOLDER, `${date}-${seed}.json`);
}

/** The audits of a dataset, oldest first. */
export function listAudits(databaseFolder: string): string[] {
  const folder = join(databaseFolder, AUDITS_FOLDER);
  try {
    return listFolder(folder)
      .filter((entry) => entry.isFile() && NAME.test(entry.name))
      .map(({ name }) => ({
        file: join(folder, name),
        day: name.slice(0, 10),
        time: changedAt(join(folder, name)),
      }))
      .sort((a, b) => (a.day === b.day ? a.time - b.time : a.day < b.day ? -1 : 1))
      .map(({ file }) => file);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error instanceof FileError ? fileRefused(error) : error;
  }
}

const changedAt = (file: string): number => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** What a mask is recognised by. */
export function maskHash(counts: string): string {
  return createHash('sha256').update(counts).digest('hex').slice(0, 16);
}

export interface ReadAudit {
  readonly audit: Audit;
  /** Items that two people answered differently. */
  readonly disagreements: readonly string[];
}

/**
 * Reads an audit. Where git left a conflict because two people answered on two branches, the answers of both are put together;
 * of an item that they answered differently, neither counts until somebody answers it again.
 * @throws MaskletError `input/invalid`, `file/refused`
 */
export function readAudit(file: string): ReadAudit {
  let text: string;
  try {
    text = readRegularSync(file, MAX_BYTES.list).toString('utf8');
  } catch (error) {
    if (error instanceof FileError) throw fileRefused(error);
    throw unreadable(file, error instanceof Error ? error.message : String(error));
  }
  const [ours, theirs] = sides(text);
  if (theirs === undefined) return { audit: parseAudit(ours, file), disagreements: [] };
  return mergeAudits(parseAudit(ours, file), parseAudit(theirs, file), file);
}

/** One item a line, so that git shows and merges what was answered. */
export function formatAudit({ seed, date, wanted, clips, strata, items }: Audit): string {
  const list = (rows: readonly object[]): string =>
    rows.map((row) => `    ${JSON.stringify(row)}`).join(',\n');
  return [
    '{',
    `  "schema": ${SCHEMA},`,
    `  "date": ${JSON.stringify(date)},`,
    `  "seed": ${seed},`,
    `  "clips": ${clips},`,
    `  "wanted": ${wanted},`,
    `  "strata": [\n${list(strata)}\n  ],`,
    `  "items": [\n${list(items)}\n  ]`,
    '}\n',
  ].join('\n');
}

/** @throws MaskletError `storage/*` */
export function writeAudit(databaseFolder: string, audit: Audit): string {
  const file = auditFile(databaseFolder, audit);
  makeDataFolder(databaseFolder);
  writeAtomically(file, formatAudit(audit));
  return file;
}

/** Both versions of a text in which git left conflicts; one where it has none. */
function sides(text: string): [ours: string, theirs?: string] {
  if (!/^<{7} /m.test(text)) return [text];
  const ours: string[] = [];
  const theirs: string[] = [];
  let side: 'both' | 'ours' | 'base' | 'theirs' = 'both';
  for (const line of text.split('\n')) {
    if (/^<{7} /.test(line)) side = 'ours';
    else if (/^\|{7} /.test(line)) side = 'base';
    else if (/^={7}\r?$/.test(line)) side = 'theirs';
    else if (/^>{7} /.test(line)) side = 'both';
    else {
      if (side === 'both' || side === 'ours') ours.push(line);
      if (side === 'both' || side === 'theirs') theirs.push(line);
    }
  }
  return [ours.join('\n'), theirs.join('\n')];
}

function mergeAudits(ours: Audit, theirs: Audit, file: string): ReadAudit {
  if (ours.seed !== theirs.seed || ours.items.length !== theirs.items.length)
    throw unreadable(file, 'git put two different audits together; take one of them from git again');
  const disagreements: string[] = [];
  const items = ours.items.map((item, n): AuditItem => {
    const other = theirs.items[n];
    if (item.mask !== other.mask || item.object !== other.object || item.frame !== other.frame)
      throw unreadable(file, 'git put two different audits together; take one of them from git again');
    if (other.answer === undefined) return item;
    if (item.answer === undefined) return other;
    if (item.answer === other.answer && item.iou === other.iou) return item;
    const { answer, iou, before, ...open } = item;
    disagreements.push(`${item.clip}, frame ${item.frame}, ${item.label}`);
    return open;
  });
  return { audit: { ...ours, wanted: Math.max(ours.wanted, theirs.wanted), items }, disagreements };
}

function parseAudit(text: string, file: string): Audit {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw unreadable(file, error instanceof Error ? error.message : String(error));
  }
  if (!isFields(data)) throw unreadable(file, 'it is not a JSON object');
  if (typeof data.schema === 'number' && data.schema > SCHEMA)
    throw new MaskletError('input/invalid', `${file} was written by a newer Masklet.`, {
      file,
      hint: 'Update Masklet. The file was left as it is.',
    });
  const whole = (value: unknown, what: string): number => {
    if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value);
    throw unreadable(file, `${what} must be a whole number`);
  };
  const list = (value: unknown, what: string): readonly unknown[] => {
    if (Array.isArray(value)) return value as unknown[];
    throw unreadable(file, `${what} must be a list`);
  };
  const strata = list(data.strata, '"strata"').map((entry): AuditStratum => {
    if (!isFields(entry) || typeof entry.name !== 'string') throw unreadable(file, 'a stratum has no name');
    return { name: entry.name, masks: whole(entry.masks, '"masks" of a stratum') };
  });
  const items = list(data.items, '"items"').map((entry, n) => {
    const item = isFields(entry) ? itemOf(entry, strata.length) : undefined;
    if (!item) throw unreadable(file, `item ${n + 1} is not the description of a mask and an answer`);
    return item;
  });
  const drawn = strata.map(() => 0);
  for (const { stratum } of items) drawn[stratum]++;
  if (drawn.some((count, n) => count > strata[n].masks))
    throw unreadable(file, 'more masks of a stratum were drawn than it has');
  const { date } = data;
  if (typeof date !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(date))
    throw unreadable(file, '"date" must be a day');
  return {
    seed: whole(data.seed, '"seed"'),
    date,
    clips: whole(data.clips, '"clips"'),
    wanted: Math.min(items.length, whole(data.wanted, '"wanted"')),
    strata,
    items,
  };
}

function itemOf(entry: Readonly<Record<string, unknown>>, strata: number): AuditItem | undefined {
  const { clip, object, frame, label, stratum, mask, answer, iou, before } = entry;
  const isPlace = (value: unknown, end: number): value is number =>
    Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) < end;
  if (typeof clip !== 'string' || typeof label !== 'string' || typeof mask !== 'string') return undefined;
  if (typeof object !== 'string' || !OBJECT_ID.test(object)) return undefined;
  if (!isPlace(frame, Infinity) || !isPlace(stratum, strata)) return undefined;
  const known = ANSWERS.find((name) => name === answer);
  if (answer !== undefined && known === undefined) return undefined;
  const isShare = typeof iou === 'number' && iou >= 0 && iou <= 1;
  if ((known === 'corrected') !== isShare) return undefined;
  if (before !== undefined && typeof before !== 'string') return undefined;
  return {
    ...{ clip, object, frame, label, stratum, mask },
    ...(known ? { answer: known } : {}),
    ...(isShare ? { iou } : {}),
    ...(before === undefined ? {} : { before }),
  };
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unreadable(file: string, why: string): MaskletError {
  return new MaskletError('input/invalid', `${file} is not an audit that can be read: ${why}.`, {
    file,
    hint: `Take ${basename(file)} from git again, or draw a new audit.`,
  });
}
