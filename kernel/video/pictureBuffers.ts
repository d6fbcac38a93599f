import { weighSharedMemory } from '../workers/sharedMemory';

/** Buffers kept for reuse at most. */
const SPARE = 4;

/** Memory for decoded pictures of one size. Buffers that never left the worker are used again. */
export class PictureBuffers {
  private readonly spare: Uint8Array[] = [];

  /** @param bytes length of one picture. */
  constructor(readonly bytes: number) {}

  take(): Uint8Array {
    const spare = this.spare.pop();
    if (spare) return spare;
    const fresh = new Uint8Array(new SharedArrayBuffer(this.bytes));
    weighSharedMemory(fresh);
    return fresh;
  }

  /** Gives back a buffer that nobody else holds. */
  giveBack(buffer: Uint8Array): void {
    if (this.spare.length < SPARE) this.spare.push(buffer);
  }
}
