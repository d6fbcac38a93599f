import '../workers/loadTurn';
import { workerData } from 'node:worker_threads';
import { MaskletError } from '../../shared/protocol/errors';
import { serveWorker } from '../workers/rpc';
import { allFfmpegEnded } from './ffmpegProcess';
import type { Counters } from './frameProvider';
import { OpenedVideo } from './openedVideo';
import { COUNTERS, type VideoWorkerApi, type VideoWorkerData } from './workerApi';

const data = workerData as VideoWorkerData;
const closing = new AbortController();
let video: OpenedVideo | undefined;

function opened(): OpenedVideo {
  if (!video) throw new MaskletError('internal', 'The video has not been identified.');
  return video;
}

/** Counters that the main thread can read without asking. */
function sharedCounters(buffer: SharedArrayBuffer): Counters {
  const values = new Float64Array(buffer);
  const counters = {};
  for (const [place, name] of COUNTERS.entries()) {
    Object.defineProperty(counters, name, {
      get: () => values[place],
      set: (value: number) => (values[place] = value),
    });
  }
  return counters as Counters;
}

serveWorker<VideoWorkerApi>({
  identify: async () => {
    video = await OpenedVideo.identify({ ...data, counters: sharedCounters(data.counters) });
    return video.identity;
  },
  load: ({ known, maxFrames }, context) => {
    const signal = AbortSignal.any([context.signal, closing.signal]);
    return opened().load(known, { maxFrames, signal }, (grown) => context.progress(grown));
  },
  frame: ({ index }, context) => opened().frame(index, context.signal),
  hash: (_, context) => opened().hash(AbortSignal.any([context.signal, closing.signal])),
  hasChanged: () => opened().hasChanged(),
  close: async () => {
    closing.abort();
    await video?.close();
    // The indexing pass, too: a child that nobody collects stays in the process table.
    await allFfmpegEnded();
    return null;
  },
});
