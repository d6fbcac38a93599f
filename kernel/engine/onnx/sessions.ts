// kernel/engine/onnx/: onnxruntime: sessions, providers, threads.
import * as ort from 'onnxruntime-node';
import { MaskletError } from '../../../shared/protocol/errors';
import { executionProviders, type ExecutionProvider, type OnnxSession } from './executionProviders';
import type { TensorData, Tensors } from './tensors';

// What goes wrong is thrown, and said there; onnxruntime's own log would say it again on stderr.
ort.env.logLevel = 'fatal';

export interface LoadRequest {
  /** A path to an `.onnx` or `.ort` file, or the bytes of one. */
  readonly model: string | Uint8Array;
  /** What the CPU provider loads instead. */
  readonly cpuModel?: string;
  /** Named in errors. */
  readonly name: string;
  /** Execution providers, tried in order. */
  readonly providers: readonly string[];
  /** Threads that one run uses; 0: as many as there are cores. */
  readonly threads: number;
}

export interface LoadedModel {
  /** Names the model in later requests to the same thread. */
  readonly handle: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** The execution provider that loaded it. */
  readonly provider: string;
  /** Why providers earlier in the order were not used; those whose hardware this machine does not have are not worth a word. */
  readonly fallback?: string;
}

/**
 * The onnxruntime sessions of one thread. `create` and `run` block the thread they are called on, so this class is
 * only for worker threads.
 */
export class OnnxSessions {
  private readonly sessions = new Map<number, { name: string; session: OnnxSession }>();
  private nextHandle = 1;

  /** @param table the providers there are. */
  constructor(private readonly table: readonly ExecutionProvider[] = executionProviders) {}

  /** @throws MaskletError `model/failed` where no provider loads the model. */
  async load(request: LoadRequest): Promise<LoadedModel> {
    const refusals: string[] = [];
    const faults: string[] = [];
    for (const name of request.providers) {
      const provider = this.table.find((entry) => entry.name === name);
      try {
        if (!provider?.isPartOfBuild()) throw new Error('not part of this build of onnxruntime');
        const session = await create(request, provider);
        const handle = this.nextHandle++;
        this.sessions.set(handle, { name: request.name, session });
        return {
          handle,
          inputs: session.inputNames,
          outputs: session.outputNames,
          provider: name,
          ...(faults.length === 0 ? {} : { fallback: faults.join('; ') }),
        };
      } catch (error) {
        const problem = await provider?.problem?.().catch(() => undefined);
        const refusal = `${name}: ${problem ?? reasonOf(error)}`;
        refusals.push(refusal);
        if (!provider?.hasNoHardware?.()) faults.push(refusal);
      }
    }
    throw new MaskletError(
      'model/failed',
      `onnxruntime cannot load ${request.name} (${refusals.join('; ')}).`,
      {
        hint: 'Run "masklet doctor" to see which execution providers work here, and change the setting masklet.executionProviders.',
      },
    );
  }

  /** @throws MaskletError `model/failed` where the handle is unknown or the run fails. */
  async run(handle: number, feeds: Tensors): Promise<Tensors> {
    const loaded = this.sessions.get(handle);
    if (!loaded) throw new MaskletError('model/failed', 'The model is not loaded in this thread.');
    try {
      return toTensors(await loaded.session.run(toOnnx(feeds)));
    } catch (error) {
      throw new MaskletError('model/failed', `Running ${loaded.name} failed: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  async release(handle: number): Promise<void> {
    const loaded = this.sessions.get(handle);
    this.sessions.delete(handle);
    await loaded?.session.release();
  }
}

function create(request: LoadRequest, provider: ExecutionProvider): Promise<OnnxSession> {
  const options: ort.InferenceSession.SessionOptions = {
    ...(request.threads > 0 ? { intraOpNumThreads: request.threads } : {}),
    // Planning whole runs ahead costs the encoder 0.6 GB and makes it no faster.
    enableMemPattern: false,
    logSeverityLevel: 3,
    // Threads that spin between operators would take cores from the other model, from decoding and from everybody else.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
  const model = provider.name === 'cpu' && request.cpuModel !== undefined ? request.cpuModel : request.model;
  return provider.create(model, options);
}

function toOnnx(feeds: Tensors): Record<string, ort.Tensor> {
  return Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toOnnxTensor(tensor)]));
}

function toOnnxTensor({ data, dims }: TensorData): ort.Tensor {
  if (data instanceof Float32Array) return new ort.Tensor('float32', data, dims);
  if (data instanceof Int8Array) return new ort.Tensor('int8', data, dims);
  return new ort.Tensor('uint8', data, dims);
}

function toTensors(outputs: ort.InferenceSession.OnnxValueMapType): Tensors {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => [
      name,
      { data: tensor.data as Float32Array, dims: tensor.dims },
    ]),
  );
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // Which check failed in which line of onnxruntime's sources tells its makers something.
  return message.replace(/^\/onnxruntime_src\/.* was false\. /s, '').trim();
}
