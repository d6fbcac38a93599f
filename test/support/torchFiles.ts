import { closeSync, openSync, writeSync } from 'node:fs';
import { crc32, deflateRawSync } from 'node:zlib';

/** A tensor to be written: its values come in chunks, so that a large file never lies in memory. */
export interface TensorToWrite {
  readonly shape: readonly number[];
  /** PyTorch's name of the storage type. */
  readonly storage?: 'FloatStorage' | 'HalfStorage' | 'BFloat16Storage' | 'LongStorage';
  readonly bytes: number;
  /** Called once; yields `bytes` bytes. */
  readonly data: () => Iterable<Uint8Array>;
  /** Elements to the next index of each dimension; contiguous where left out. */
  readonly stride?: readonly number[];
}

export interface ZipEntryToWrite {
  readonly name: string;
  readonly bytes: number;
  readonly data: () => Iterable<Uint8Array>;
  /** Compress it. */
  readonly deflate?: boolean;
}

export function floatTensor(shape: readonly number[], values: ArrayLike<number>): TensorToWrite {
  const data = Float32Array.from(values);
  return { shape, bytes: data.byteLength, data: () => [new Uint8Array(data.buffer)] };
}

/** Writes a checkpoint as `torch.save({"model": state_dict}, path)` does; `wrap` false leaves the dict around it out. */
export function writeTorchFile(
  path: string,
  tensors: ReadonlyMap<string, TensorToWrite>,
  options: { readonly wrap?: boolean; readonly extra?: (p: PickleWriter) => void } = {},
): void {
  const p = new PickleWriter();
  p.proto();
  if (options.wrap !== false) p.raw('}(').text('model');
  p.global('collections', 'OrderedDict').raw(')R(');
  let key = 0;
  for (const [name, tensor] of tensors) {
    p.text(name);
    p.tensor(tensor, String(key++));
  }
  p.raw('u');
  options.extra?.(p);
  if (options.wrap !== false) p.raw('u');
  p.raw('.');
  writeTorchZip(path, p.bytes(), [...tensors.values()]);
}

/** The zip around a pickle and the data that it refers to by number. */
export function writeTorchZip(
  path: string,
  pickle: Uint8Array,
  data: readonly Pick<TensorToWrite, 'bytes' | 'data'>[],
): void {
  writeZip(path, [
    { name: 'archive/data.pkl', bytes: pickle.length, data: () => [pickle] },
    ...data.map((tensor, i) => ({ name: `archive/data/${i}`, bytes: tensor.bytes, data: tensor.data })),
  ]);
}

/** A zip of files whose data begins at multiples of 64, as PyTorch aligns it. */
export function writeZip(path: string, entries: readonly ZipEntryToWrite[]): void {
  const file = openSync(path, 'w');
  try {
    const directory: Buffer[] = [];
    let at = 0;
    const write = (bytes: Uint8Array): void => {
      writeSync(file, bytes, 0, bytes.length, at);
      at += bytes.length;
    };
    for (const { name, bytes, data, deflate } of entries) {
      const header = at;
      const padding = (64 - ((at + 30 + name.length + 4) % 64)) % 64;
      at += 30 + name.length + 4 + padding;
      let sum = 0;
      const content = at;
      for (const chunk of data()) {
        sum = crc32(chunk, sum);
        if (!deflate) write(chunk);
      }
      if (deflate) write(deflateRawSync(Buffer.concat([...data()])));
      const fields = Buffer.alloc(26);
      fields.writeUInt16LE(10, 0);
      fields.writeUInt16LE(deflate ? 8 : 0, 4);
      fields.writeUInt32LE(sum, 10);
      fields.writeUInt32LE(at - content, 14);
      fields.writeUInt32LE(bytes, 18);
      fields.writeUInt16LE(name.length, 22);
      const extra = Buffer.alloc(4 + padding);
      extra.write('FB', 0, 'latin1');
      extra.writeUInt16LE(padding, 2);
      const local = Buffer.from(fields);
      local.writeUInt16LE(extra.length, 24);
      writeSync(
        file,
        Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), local, Buffer.from(name), extra]),
        0,
        null,
        header,
      );
      const place = Buffer.alloc(14);
      place.writeUInt32LE(header, 10);
      directory.push(
        Buffer.concat([Buffer.from('PK\x01\x02\x0a\x00', 'latin1'), fields, place, Buffer.from(name)]),
      );
    }
    const start = at;
    for (const record of directory) write(record);
    const end = Buffer.alloc(22);
    end.write('PK\x05\x06', 'latin1');
    end.writeUInt16LE(entries.length, 8);
    end.writeUInt16LE(entries.length, 10);
    end.writeUInt32LE(at - start, 12);
    end.writeUInt32LE(start, 16);
    write(end);
  } finally {
    closeSync(file);
  }
}

/** Writes pickles opcode by opcode (Python's pickletools). */
export class PickleWriter {
  private readonly parts: Buffer[] = [];

  bytes(): Buffer {
    return Buffer.concat(this.parts);
  }

  /** Opcodes, as latin-1 text. */
  raw(opcodes: string): this {
    this.parts.push(Buffer.from(opcodes, 'latin1'));
    return this;
  }

  proto(): this {
    return this.raw('\x80\x02');
  }

  global(module: string, name: string): this {
    return this.raw(`c${module}\n${name}\n`);
  }

  text(value: string): this {
    const text = Buffer.from(value);
    const head = Buffer.from('X\0\0\0\0', 'latin1');
    head.writeUInt32LE(text.length, 1);
    this.parts.push(head, text);
    return this;
  }

  int(value: number): this {
    const long = Buffer.alloc(10);
    long.write('\x8a\x08', 'latin1');
    long.writeBigInt64LE(BigInt(value), 2);
    this.parts.push(long);
    return this;
  }

  ints(values: readonly number[]): this {
    this.raw('(');
    for (const value of values) this.int(value);
    return this.raw('t');
  }

  tensor({ shape, bytes, stride, storage = 'FloatStorage' }: TensorToWrite, key: string): this {
    const elements = bytes / { FloatStorage: 4, HalfStorage: 2, BFloat16Storage: 2, LongStorage: 8 }[storage];
    this.global('torch._utils', '_rebuild_tensor_v2').raw('((').text('storage').global('torch', storage);
    this.text(key).text('cpu').int(elements).raw('tQ').int(0).ints(shape);
    this.ints(stride ?? shape.map((_, i) => shape.slice(i + 1).reduce((product, size) => product * size, 1)));
    return this.raw('\x89').global('collections', 'OrderedDict').raw(')RtR');
  }
}
