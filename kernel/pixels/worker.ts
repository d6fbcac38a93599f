// kernel/pixels/: work on pixels in threads: pictures, previews, drawing.
import '../workers/loadTurn';
import { weighSharedMemory } from '../workers/sharedMemory';
import { serveWorker } from '../workers/rpc';
import type { PixelApi } from './api';
import { editMask } from './edit/editMask';
import { interpolateMasks } from './edit/interpolate';
import { encodeImage } from './encodeImage';
import { measureMasks } from '../masks/measures';
import { postprocessLogits } from './postprocess';
import { preprocess } from './preprocess';

serveWorker<PixelApi>({
  preprocess: async ({ size, mean, std, part, ...picture }, context) => {
    const start = performance.now();
    weighSharedMemory(picture.data);
    const tensor = await preprocess(picture, size, mean, std, part);
    context.transfer(tensor.buffer);
    return { tensor, ms: performance.now() - start };
  },
  postprocess: ({ logits, size, width, height, part }) => {
    const start = performance.now();
    const masks = logits.map((map) => postprocessLogits(map, size, width, height, part));
    return { masks, ms: performance.now() - start };
  },
  editMask: ({ mask, operation }) => editMask(mask, operation),
  interpolate: ({ from, to, count, skip, take }) => interpolateMasks(from, to, count, skip, take),
  measure: ({ mask, truth }) => measureMasks(mask, truth),
  encodeImage: async ({ format, maxDimension, ...picture }, context) => {
    weighSharedMemory(picture.data);
    const image = await encodeImage(picture, format, maxDimension);
    context.transfer(image.data.buffer);
    return image;
  },
});
