import { kernelScript } from '../runtime/paths';
import type { PixelApi } from '../pixels/api';
import { WorkerClient } from '../workers/rpc';

/** Pixels for whoever looks and draws are worked on apart from those of inference, so that both stay quick. */
export const displayPixels = new WorkerClient<PixelApi>(kernelScript('pixelWorker'), {}, 'display');
