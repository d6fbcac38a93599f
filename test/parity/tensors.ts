import { open } from 'node:fs/promises';
import { readCheckpoint } from '../../models/checkpoint/readCheckpoint';
import { readFloats, type Checkpoint } from '../../models/checkpoint/tensor';
import type { TensorData } from '../../kernel/engine/onnx/tensors';

/** The tensors of a `.safetensors` file, read when they are asked for. */
export class TensorFile {
  private readonly asked = new Set<string>();

  private constructor(private readonly content: Checkpoint) {}

  static async open(path: string): Promise<TensorFile> {
    return new TensorFile(await readCheckpoint(path));
  }

  has(name: string): boolean {
    return this.content.tensors.has(name);
  }

  shape(name: string): readonly number[] {
    return this.location(name).shape;
  }

  /** Names that nobody asked for, so that nothing stays unchecked unnoticed. */
  get unread(): string[] {
    return [...this.content.tensors.keys()].filter((name) => !this.asked.has(name));
  }

  async floats(name: string): Promise<TensorData & { data: Float32Array }> {
    const tensor = this.location(name);
    const file = await open(this.content.file);
    try {
      return { data: await readFloats(file, tensor, name, this.content.file), dims: tensor.shape };
    } finally {
      await file.close();
    }
  }

  /** One row along the first axes of a tensor of bytes. */
  async bytes(name: string, ...index: readonly number[]): Promise<Uint8Array> {
    const { shape, stride, offset, dtype } = this.location(name);
    if (dtype !== 'uint8') throw new Error(`${name} holds ${dtype} values instead of bytes`);
    const length = shape.slice(index.length).reduce((product, size) => product * size, 1);
    const at = index.reduce((sum, n, axis) => sum + n * stride[axis], offset);
    const file = await open(this.content.file);
    try {
      const data = new Uint8Array(length);
      await file.read(data, 0, length, at);
      return data;
    } finally {
      await file.close();
    }
  }

  /** A single integer. */
  async integer(name: string): Promise<number> {
    const { offset } = this.location(name);
    const file = await open(this.content.file);
    try {
      const data = Buffer.alloc(8);
      await file.read(data, 0, 8, offset);
      return Number(data.readBigInt64LE());
    } finally {
      await file.close();
    }
  }

  private location(name: string): NonNullable<ReturnType<Checkpoint['tensors']['get']>> {
    this.asked.add(name);
    const tensor = this.content.tensors.get(name);
    if (!tensor) throw new Error(`${this.content.file} has no tensor ${name}`);
    return tensor;
  }
}
