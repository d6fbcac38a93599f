import type { LoadedModel, LoadRequest } from './sessions';
import type { Tensors } from './tensors';

/** Any ONNX model in a thread of its own. */
export type InferenceApi = {
  load: [LoadRequest, LoadedModel];
  run: [
    { readonly handle: number; readonly feeds: Tensors },
    { readonly outputs: Tensors; readonly ms: number },
  ];
  release: [{ readonly handle: number }, null];
};
