/** Stand-ins by the array they stand for; see `weighSharedMemory`. */
const standIns = new WeakMap<ArrayBufferView, ArrayBuffer>();

type ResizableArrayBuffer = new (length: number, options: { maxByteLength: number }) => ArrayBuffer;

/**
 * Lets the garbage collector feel the weight of arrays over shared memory. V8 counts shared memory as nothing, so that dropped frames
 * would pile up to gigabytes before it looks for them. A resizable buffer of the same size lives and dies with each array: V8 counts
 * it in full, while the system gives it no memory until it is written to, which never happens. Each thread that receives frames
 * counts for itself.
 */
export function weighSharedMemory(...arrays: readonly ArrayBufferView[]): void {
  for (const data of arrays) {
    const length = data.byteLength;
    standIns.set(data, new (ArrayBuffer as ResizableArrayBuffer)(length, { maxByteLength: length }));
  }
}
