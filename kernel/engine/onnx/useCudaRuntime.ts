/** Imported for its effect, before anything that imports onnxruntime-node. */
import { useCudaRuntime } from './cudaRuntime';

useCudaRuntime();
