import type { GraphName } from '../../../models/sam2/graphs';
import { originalSize } from '../../../models/embedded/prepare';
import type { Tensors } from '../onnx/tensors';
import type { Workload } from '../providers/trialApi';
import { encodeImage, remember, segmentFromPoints, track, type Remembered } from '../sam2/steps';

/** One run of one graph. */
export type RunNamed = (graph: string, feeds: Tensors) => Promise<Tensors>;

/** Outputs that follow from others by taking the best; which one that is may hang on the last digit. */
const chosen = new Set(['mask', 'iou', 'object_pointer']);
export const isCompared = (output: string): boolean => !chosen.has(output);

/** Memories and pointers that a frame in the middle of a clip attends to. */
const pointers = 16;

/** Runs each graph at least once, on a picture that is the same everywhere. */
export async function runWorkload(workload: Workload, run: RunNamed): Promise<void> {
  if (workload.kind === 'embedded') {
    const image = { data: picture(originalSize), dims: [1, 3, originalSize, originalSize] };
    await run('encoder', { image });
    return;
  }
  const { config } = workload;
  const model = { config, run: (graph: GraphName, feeds: Tensors) => run(graph, feeds) };
  const { imageSize, memoryFrames } = config;
  const frame = await encodeImage(model, picture(imageSize));
  const click = { coordinates: [imageSize / 2, imageSize / 2], labels: [1] };
  const [clicked] = await segmentFromPoints(model, frame, [click]);
  const [memory] = await remember(model, frame, [clicked], true);
  const output: Remembered = { memory, pointer: clicked.pointer };
  await track(model, frame, [
    {
      memories: Array.from({ length: memoryFrames }, (_, i) => ({ output, time: memoryFrames - 1 - i })),
      pointers: Array.from({ length: pointers }, (_, i) => ({ output, time: i / (pointers - 1) })),
    },
  ]);
}

/** A bright disc before waves, normalised: [3, size, size]. */
function picture(size: number): Float32Array {
  return Float32Array.from({ length: 3 * size * size }, (_, i) => {
    const [x, y] = [(i % size) / size - 0.5, (Math.floor(i / size) % size) / size - 0.5];
    return Math.hypot(x, y) < 0.2 ? 1.5 : Math.sin(40 * x) * Math.cos(25 * y) - 0.3;
  });
}
