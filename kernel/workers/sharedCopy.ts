import { weighSharedMemory } from './sharedMemory';

/** A copy in memory that all threads share. */
export function sharedCopy<T extends Float32Array | Uint8Array | Int8Array>(
  data: T,
  type: new (buffer: SharedArrayBuffer) => T,
): T {
  const copy = new type(new SharedArrayBuffer(data.byteLength));
  copy.set(data);
  weighSharedMemory(copy);
  return copy;
}
