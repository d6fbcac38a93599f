/**
 * An inference thread whose WebGPU is a stand-in: the CPU, well or ill behaved as MASKLET_STAND_IN says. Its CPU is slowed
 * down, so that there is a reason to take the other.
 */
import '../../kernel/workers/loadTurn';
import { existsSync, rmSync } from 'node:fs';
import { serveInference } from '../../kernel/engine/inferenceServer';
import { OnnxSessions } from '../../kernel/engine/onnx/sessions';
import {
  executionProviders,
  type ExecutionProvider,
  type OnnxSession,
} from '../../kernel/engine/onnx/executionProviders';

const behaviour = process.env.MASKLET_STAND_IN;
/** A file: while it exists the device is gone; one that blinks is there again once that was noticed. */
const gone = process.env.MASKLET_STAND_IN_GONE ?? '';
const cpu = executionProviders.find(({ name }) => name === 'cpu')!;

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function requireDevice(): void {
  if (gone === '' || !existsSync(gone)) return;
  if (behaviour === 'stalls') sleep(600_000);
  if (behaviour === 'blinks') rmSync(gone);
  throw new Error('the device is lost');
}

function wrapped(session: OnnxSession, before: () => void, factor = 1): OnnxSession {
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    release: () => session.release(),
    run: async (feeds) => {
      before();
      const outputs = await session.run(feeds);
      if (factor === 1) return outputs;
      for (const tensor of Object.values(outputs)) {
        const values = tensor.data as Float32Array;
        values.forEach((value, i) => (values[i] = factor * value));
      }
      return outputs;
    },
  };
}

const standIn: ExecutionProvider = {
  name: 'webgpu',
  isPartOfBuild: () => true,
  create: async (model, options) => {
    requireDevice();
    const session = await cpu.create(model, options);
    return wrapped(
      session,
      () => {
        requireDevice();
        if (behaviour === 'dies') process.kill(process.pid, 'SIGKILL');
        if (behaviour === 'hangs') sleep(600_000);
      },
      behaviour === 'wrong' ? 1.01 : 1,
    );
  },
};

const slowCpu: ExecutionProvider = {
  ...cpu,
  create: async (model, options) => wrapped(await cpu.create(model, options), () => sleep(40)),
};

serveInference(new OnnxSessions([standIn, slowCpu]));
