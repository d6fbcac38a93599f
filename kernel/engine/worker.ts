import '../workers/loadTurn';
import { serveWorker } from '../workers/rpc';
import { embeddedSteps } from './embedded/steps';
import type { EmbeddedApi, InferenceApi } from './embedded/workerApi';
import { OnnxSessions } from './onnx/sessions';

const sessions = new OnnxSessions();

serveWorker<InferenceApi & EmbeddedApi>(
  {
    load: (request) => sessions.load(request),
    run: async ({ handle, feeds }, context) => {
      const start = performance.now();
      const outputs = await sessions.run(handle, feeds);
      for (const { data } of Object.values(outputs)) {
        if (data.buffer instanceof ArrayBuffer) context.transfer(data.buffer);
      }
      return { outputs, ms: performance.now() - start };
    },
    release: async ({ handle }) => {
      await sessions.release(handle);
      return null;
    },
    ...embeddedSteps(sessions),
  },
  { oneByOne: true },
);
