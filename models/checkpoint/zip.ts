import { Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { limits, shownName } from '../../shared/limits';
import type { FileBytes } from './fileBytes';

/** A file inside a zip. */
export interface ZipEntry {
  readonly name: string;
  readonly offset: number;
  /** Bytes that it takes in the zip; as many as `bytes` where it is stored as it is. */
  readonly storedBytes: number;
  readonly bytes: number;
  readonly deflated: boolean;
  readonly crc32: number;
}

const endRecord = 0x06054b50;
const endRecord64 = 0x06064b50;
const endLocator64 = 0x07064b50;
const directoryRecord = 0x02014b50;
const localRecord = 0x04034b50;
const maxCommentBytes = 0xffff;
/** Far above what a state dict needs: about 400 bytes an entry. */
const maxDirectoryBytes = 20 << 20;

/**
 * The entries of a zip (APPNOTE.TXT 6.3, with zip64), by name.
 * @param deflated whether compressed entries are taken too; else all lie in the zip as they are.
 * @throws ModelFileError `corrupted` where records are cut off, lie outside the file or overlap; `unsupported` where
 * an entry is compressed or encrypted.
 */
export async function readZip(file: FileBytes, { deflated = false } = {}): Promise<Map<string, ZipEntry>> {
  const end = await findDirectory(file);
  if (end.bytes > maxDirectoryBytes || end.entries > limits.checkpoint.zipEntries) {
    throw file.corrupted('its zip directory is too large');
  }
  const directory = await file.read(end.offset, end.bytes, 'the zip directory');
  const headers: DirectoryEntry[] = [];
  let at = 0;
  for (let n = 0; n < end.entries; n++) {
    const entry = parseEntry(file, directory, at, deflated);
    headers.push(entry);
    at = entry.next;
  }
  return locate(file, headers, end.offset);
}

/** A stored entry. @throws ModelFileError `corrupted` where the content is not what the zip says it is. */
export async function readZipEntry(file: FileBytes, entry: ZipEntry): Promise<Buffer> {
  const content = await file.read(entry.offset, entry.bytes, shownName(entry.name));
  if (crc32(content) !== entry.crc32) throw file.corrupted(`${shownName(entry.name)} has another checksum`);
  return content;
}

/**
 * The content of an entry, compressed or not, chunk by chunk.
 * @throws ModelFileError `corrupted` at its end where it is not what the zip says it is, or before where it is longer.
 */
export async function* readZipStream(file: FileBytes, entry: ZipEntry): AsyncGenerator<Buffer> {
  const stored = Readable.from(file.chunks(entry.offset, entry.storedBytes, shownName(entry.name)));
  const content = (entry.deflated ? stored.compose(createInflateRaw()) : stored) as AsyncIterable<Buffer>;
  let bytes = 0;
  let crc = 0;
  try {
    for await (const chunk of content) {
      bytes += chunk.length;
      if (bytes > entry.bytes) break;
      crc = crc32(chunk, crc);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')) {
      throw file.corrupted(`${shownName(entry.name)} cannot be unpacked`);
    }
    throw error;
  }
  if (bytes !== entry.bytes) throw file.corrupted(`${shownName(entry.name)} has another size`);
  if (crc !== entry.crc32) throw file.corrupted(`${shownName(entry.name)} has another checksum`);
}

interface DirectoryEntry extends Omit<ZipEntry, 'offset'> {
  readonly header: number;
  readonly next: number;
}

async function findDirectory(file: FileBytes): Promise<{ offset: number; bytes: number; entries: number }> {
  const tailBytes = Math.min(file.size, 22 + maxCommentBytes);
  const tail = await file.read(file.size - tailBytes, tailBytes, 'the end of the zip');
  let at = tail.length - 22;
  while (
    at >= 0 &&
    !(tail.readUInt32LE(at) === endRecord && at + 22 + tail.readUInt16LE(at + 20) === tail.length)
  ) {
    at--;
  }
  if (at < 0) throw file.corrupted('it is cut off, or not a zip file');
  const record = file.size - tailBytes + at;
  const plain = {
    entries: tail.readUInt16LE(at + 10),
    bytes: tail.readUInt32LE(at + 12),
    offset: tail.readUInt32LE(at + 16),
  };
  if (plain.entries !== 0xffff && plain.bytes !== 0xffffffff && plain.offset !== 0xffffffff) {
    if (plain.offset + plain.bytes > record) throw file.corrupted('its zip directory lies outside the file');
    return plain;
  }
  const locator = await file.read(record - 20, 20, 'the zip64 locator');
  if (locator.readUInt32LE(0) !== endLocator64) throw file.corrupted('its zip64 locator is missing');
  const end = await file.read(safe(file, locator.readBigUInt64LE(8)), 56, 'the zip64 end record');
  if (end.readUInt32LE(0) !== endRecord64) throw file.corrupted('its zip64 end record is missing');
  return {
    entries: safe(file, end.readBigUInt64LE(32)),
    bytes: safe(file, end.readBigUInt64LE(40)),
    offset: safe(file, end.readBigUInt64LE(48)),
  };
}

function parseEntry(file: FileBytes, directory: Buffer, at: number, deflated: boolean): DirectoryEntry {
  if (at + 46 > directory.length || directory.readUInt32LE(at) !== directoryRecord) {
    throw file.corrupted('its zip directory has fewer entries than it says');
  }
  const flags = directory.readUInt16LE(at + 8);
  const method = directory.readUInt16LE(at + 10);
  const nameEnd = at + 46 + directory.readUInt16LE(at + 28);
  const extraEnd = nameEnd + directory.readUInt16LE(at + 30);
  const next = extraEnd + directory.readUInt16LE(at + 32);
  if (next > directory.length) throw file.corrupted('its zip directory is cut off');
  const name = directory.toString('utf8', at + 46, nameEnd);
  const shown = shownName(name);
  if (flags & 1) throw file.unsupported(`${shown} in it is encrypted`, resave);
  if (method !== 0 && !(deflated && method === 8)) {
    throw file.unsupported(`${shown} in it is compressed`, resave);
  }
  const sizes = {
    stored: directory.readUInt32LE(at + 20),
    bytes: directory.readUInt32LE(at + 24),
    header: directory.readUInt32LE(at + 42),
  };
  const wide = zip64Fields(file, directory.subarray(nameEnd, extraEnd));
  // Those that do not fit into 32 bits follow in this order.
  if (sizes.bytes === 0xffffffff) sizes.bytes = wide();
  if (sizes.stored === 0xffffffff) sizes.stored = wide();
  if (sizes.header === 0xffffffff) sizes.header = wide();
  if (method === 0 && sizes.stored !== sizes.bytes) throw file.corrupted(`${shown} in it has two sizes`);
  return {
    name,
    storedBytes: sizes.stored,
    bytes: sizes.bytes,
    deflated: method === 8,
    crc32: directory.readUInt32LE(at + 16),
    header: sizes.header,
    next,
  };
}

/** The 64-bit values of an entry's zip64 field, one after the other. */
function zip64Fields(file: FileBytes, extra: Buffer): () => number {
  let field = extra.subarray(0, 0);
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === 1) field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
  }
  let at = 0;
  return () => {
    if (at + 8 > field.length) throw file.corrupted('a zip64 size is missing');
    at += 8;
    return safe(file, field.readBigUInt64LE(at - 8));
  };
}

/** Finds each entry's bytes behind its local header and sees that no two entries share any. */
async function locate(
  file: FileBytes,
  headers: readonly DirectoryEntry[],
  directoryOffset: number,
): Promise<Map<string, ZipEntry>> {
  const entries = new Map<string, ZipEntry>();
  const sorted = [...headers].sort((a, b) => a.header - b.header);
  let free = 0;
  for (const { header, next: _, ...entry } of sorted) {
    const { name, storedBytes } = entry;
    const shown = shownName(name);
    if (header < free) throw file.corrupted(`${shown} in it overlaps another entry`);
    const local = await file.read(header, 30, `the header of ${shown}`);
    if (local.readUInt32LE(0) !== localRecord) throw file.corrupted(`${shown} in it has no header`);
    const offset = header + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
    free = offset + storedBytes;
    if (free > directoryOffset) throw file.corrupted(`${shown} in it reaches beyond the entries`);
    if (entries.has(name)) throw file.corrupted(`it has two entries named ${shown}`);
    entries.set(name, { ...entry, offset });
  }
  return entries;
}

function safe(file: FileBytes, value: bigint): number {
  if (value > BigInt(file.size)) throw file.corrupted('it names a place outside the file');
  return Number(value);
}

const resave = 'Save it again with torch.save, which stores tensors as they are.';
