import { memoryReadoutModel } from '../../../models/memoryReadout';

/** A graph that loads in no time, to see which execution provider really works. */
export function testGraph(): { readonly model: Uint8Array; readonly name: string } {
  return {
    model: memoryReadoutModel({ channels: 4, topK: 2, patch: 1 }),
    name: 'a test graph',
  };
}
