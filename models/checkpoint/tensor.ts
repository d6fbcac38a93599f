import type { FileHandle } from 'node:fs/promises';
import { ModelFileError } from '../modelFileError';

/** Bytes of one element, by element type; as PyTorch and safetensors have them. */
export const elementBytes = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
} as const;
export type ElementType = keyof typeof elementBytes;

/** Where a tensor lies inside its checkpoint; its values are read when they are needed. */
export interface TensorLocation {
  readonly dtype: ElementType;
  readonly shape: readonly number[];
  /** Elements to the next index of each dimension. */
  readonly stride: readonly number[];
  /** First byte, from the start of the file. */
  readonly offset: number;
  /** From the first byte to the last one used. */
  readonly bytes: number;
}

/** A state dict on disk: tensors by name. */
export interface Checkpoint {
  readonly file: string;
  readonly tensors: ReadonlyMap<string, TensorLocation>;
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Strides of a tensor whose last index runs fastest. */
export function contiguousStride(shape: readonly number[]): number[] {
  const stride = new Array<number>(shape.length);
  for (let i = shape.length - 1, step = 1; i >= 0; step *= shape[i--]) stride[i] = step;
  return stride;
}

/** Whether elements follow each other in memory in the order of their indices. */
export function isContiguous({ shape, stride }: Pick<TensorLocation, 'shape' | 'stride'>): boolean {
  const wanted = contiguousStride(shape);
  return shape.every((size, i) => size === 1 || stride[i] === wanted[i]);
}

/**
 * The values of a tensor as float32, in the order of its indices.
 * @param file the checkpoint, opened for reading; `name` and `path` are for messages.
 * @throws ModelFileError `corrupted` where the file ends too early, `unsupported` where the elements are no floats of 16 or 32 bits.
 */
export async function readFloats(
  file: FileHandle,
  tensor: TensorLocation,
  name: string,
  path: string,
): Promise<Float32Array> {
  const { dtype, shape, stride, offset, bytes } = tensor;
  const toFloats = floatReaders[dtype];
  if (!toFloats) {
    throw new ModelFileError(
      'unsupported',
      path,
      `The tensor ${name} of ${path} holds ${dtype} values; weights are float32, float16 or bfloat16.`,
      'Save the checkpoint again with float weights.',
    );
  }
  const raw = new Uint8Array(bytes);
  const { bytesRead } = await file.read(raw, 0, bytes, offset);
  if (bytesRead !== bytes) {
    throw new ModelFileError(
      'corrupted',
      path,
      `${path} ends inside the tensor ${name}.`,
      'Download or copy the file again.',
    );
  }
  const stored = toFloats(raw);
  return isContiguous(tensor) ? stored : gather(stored, shape, stride);
}

const floatReaders: Partial<Record<ElementType, (raw: Uint8Array) => Float32Array>> = {
  float32: (raw) => new Float32Array(raw.buffer),
  float16: (raw) => Float32Array.from(new Uint16Array(raw.buffer), halfToFloat),
  bfloat16: (raw) =>
    new Float32Array(Uint32Array.from(new Uint16Array(raw.buffer), (bits) => bits << 16).buffer),
};

/** IEEE 754 binary16 to a number. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function gather(stored: Float32Array, shape: readonly number[], stride: readonly number[]): Float32Array {
  const result = new Float32Array(elementCount(shape));
  const index = new Array<number>(shape.length).fill(0);
  for (let to = 0, from = 0; to < result.length; to++) {
    result[to] = stored[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += stride[axis];
      if (++index[axis] < shape[axis]) break;
      from -= stride[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return result;
}
