import { limits, shownName } from '../../shared/limits';
import type { FileBytes } from './fileBytes';
import {
  contiguousStride,
  elementBytes,
  elementCount,
  type ElementType,
  type TensorLocation,
} from './tensor';

const elementTypes: Readonly<Record<string, ElementType>> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
};

/**
 * The tensors of a `.safetensors` file: a length, a JSON header and the data (https://huggingface.co/docs/safetensors).
 * @throws ModelFileError `corrupted` where the header does not describe the file, `unsupported` for an unknown type.
 */
export async function readSafetensors(file: FileBytes): Promise<Map<string, TensorLocation>> {
  const headerBytes = Number((await file.read(0, 8, 'the header length')).readBigUInt64LE());
  if (headerBytes > limits.checkpoint.headerBytes) throw file.corrupted('its header is too large');
  const text = (await file.read(8, headerBytes, 'the header')).toString('utf8');
  const start = 8 + headerBytes;
  const tensors = new Map<string, TensorLocation>();
  for (const [name, value] of Object.entries(parseHeader(file, text))) {
    if (name !== '__metadata__') tensors.set(name, toTensor(file, name, value, start));
  }
  // Each byte of the data belongs to one tensor: nothing overlaps, nothing is left over.
  let free = start;
  for (const { offset, bytes } of [...tensors.values()].sort(
    (a, b) => a.offset - b.offset || a.bytes - b.bytes,
  )) {
    if (offset !== free) throw file.corrupted('its tensors overlap or leave gaps');
    free = offset + bytes;
  }
  if (free !== file.size) throw file.corrupted('its data does not end where its last tensor ends');
  return tensors;
}

function parseHeader(file: FileBytes, text: string): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(text);
    if (typeof header === 'object' && header !== null && !Array.isArray(header)) {
      return header as Record<string, unknown>;
    }
  } catch {
    // Said below.
  }
  throw file.corrupted('its header is not a JSON object');
}

function toTensor(file: FileBytes, name: string, value: unknown, start: number): TensorLocation {
  const { dtype, shape, data_offsets: range } = Object(value) as Record<string, unknown>;
  const shown = shownName(name);
  const sizes = (list: unknown): list is number[] =>
    Array.isArray(list) &&
    list.length <= limits.checkpoint.dimensions &&
    list.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (typeof dtype !== 'string' || !sizes(shape) || !sizes(range) || range.length !== 2) {
    throw file.corrupted(`the tensor ${shown} is described in an unknown way`);
  }
  if (!Object.hasOwn(elementTypes, dtype)) {
    throw file.unsupported(
      `the tensor ${shown} has elements of type ${shownName(dtype)}`,
      'Save it as float32.',
    );
  }
  const type = elementTypes[dtype];
  const bytes = elementCount(shape) * elementBytes[type];
  if (range[1] - range[0] !== bytes || start + range[1] > file.size) {
    throw file.corrupted(`the tensor ${shown} of shape [${shape.join(', ')}] does not fit its place`);
  }
  return { dtype: type, shape, stride: contiguousStride(shape), offset: start + range[0], bytes };
}
