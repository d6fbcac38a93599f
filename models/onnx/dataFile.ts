import type { ExternalData } from './graph';

/** onnxruntime maps files into memory by pages; a cache line is enough for its kernels. */
const alignment = 64;

/** Gathers the constants that a graph finds in a file beside it. */
export class DataFile {
  private readonly parts: { readonly offset: number; readonly data: Uint8Array }[] = [];
  private end = 0;

  /** @param name of the file, in the graph's folder. */
  constructor(private readonly name: string) {}

  /** Where `data` will lie. */
  add(data: Float32Array | Int8Array | Uint8Array): ExternalData {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const offset = this.end;
    this.parts.push({ offset, data: bytes });
    this.end = Math.ceil((offset + bytes.length) / alignment) * alignment;
    return { file: this.name, offset, bytes: bytes.length };
  }

  /** What the file must hold. */
  bytes(): Uint8Array {
    const all = new Uint8Array(this.end);
    for (const { offset, data } of this.parts) all.set(data, offset);
    return all;
  }
}
