import { serveWorker } from '../workers/rpc';
import { embeddedSteps } from './embedded/steps';
import type { EmbeddedApi } from './embedded/workerApi';
import type { InferenceApi } from './onnx/inferenceApi';
import type { OnnxSessions } from './onnx/sessions';
import type { Sam2Api } from './sam2/workerApi';
import { sam2Steps } from './sam2/workerSteps';

/** Answers, inside a worker thread, everything that engines ask of onnxruntime. */
export function serveInference(sessions: OnnxSessions): void {
  serveWorker<InferenceApi & EmbeddedApi & Sam2Api>(
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
      ...sam2Steps(sessions),
    },
    { oneByOne: true },
  );
}
