import type { FileHandle } from 'node:fs/promises';
import { openRegular } from '../../../models/files/regularFile';

const elfMagic = 0x7f454c46;
const programHeaderBytes = 56;
const [loadSegment, dynamicSegment] = [1, 2];
const [endTag, neededTag, stringTableTag] = [0n, 1n, 5n];

/**
 * The shared libraries that a library asks for by name (DT_NEEDED; System V ABI, chapter 5, and its ELF-64 object file
 * format).
 * @throws Error where the file is no 64-bit little-endian ELF file.
 */
export async function neededLibraries(path: string): Promise<string[]> {
  const file = await openRegular(path);
  try {
    const header = await read(file, 0, 64);
    if (header.readUInt32BE(0) !== elfMagic || header[4] !== 2 || header[5] !== 1) {
      throw new Error(`${path} is not a shared library`);
    }
    const count = header.readUInt16LE(56);
    const table = await read(file, Number(header.readBigUInt64LE(32)), count * programHeaderBytes);
    const segments = Array.from({ length: count }, (_, i) => {
      const at = i * programHeaderBytes;
      const field = (offset: number): number => Number(table.readBigUInt64LE(at + offset));
      return { type: table.readUInt32LE(at), offset: field(8), address: field(16), bytes: field(32) };
    });
    const dynamic = segments.find(({ type }) => type === dynamicSegment);
    if (!dynamic) return [];
    const entries = dynamicEntries(await read(file, dynamic.offset, dynamic.bytes));
    const strings = Number(entries.find(([tag]) => tag === stringTableTag)?.[1] ?? 0n);
    // The table of strings is given by its address in memory.
    const segment = segments.find(
      ({ type, address, bytes }) => type === loadSegment && address <= strings && strings < address + bytes,
    );
    if (!segment) return [];
    const start = segment.offset + strings - segment.address;
    const names = entries.filter(([tag]) => tag === neededTag);
    return await Promise.all(names.map(([, at]) => textAt(file, start + Number(at))));
  } finally {
    await file.close();
  }
}

function dynamicEntries(bytes: Buffer): [tag: bigint, value: bigint][] {
  const entries: [bigint, bigint][] = [];
  for (let at = 0; at + 16 <= bytes.length; at += 16) {
    const tag = bytes.readBigUInt64LE(at);
    if (tag === endTag) break;
    entries.push([tag, bytes.readBigUInt64LE(at + 8)]);
  }
  return entries;
}

async function textAt(file: FileHandle, offset: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, offset);
  const end = buffer.indexOf(0);
  return buffer.toString('latin1', 0, end < 0 ? bytesRead : end);
}

async function read(file: FileHandle, offset: number, bytes: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, offset);
  if (bytesRead !== bytes) throw new Error('the file is cut off');
  return buffer;
}
