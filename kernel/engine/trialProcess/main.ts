// kernel/engine/trialProcess/: the process that tries a provider, which may hang or crash.
/** The process that tries one execution provider: where that hangs or dies, nothing else does. */
import { constants } from 'node:os';
import { lowerPriority } from '../../runtime/priority';
import type { WorkerClient } from '../../workers/rpc';
import type { InferenceApi } from '../onnx/inferenceApi';
import { inferenceThread } from '../onnx/inferenceThread';
import { testGraph } from '../onnx/testGraph';
import type { Tensors } from '../onnx/tensors';
import type { FromTrial, GraphFiles, TrialFigures, TrialRequest, TrialResult } from '../providers/trialApi';
import { isCompared, runWorkload } from './workloads';

/** The most that float32 results may differ, as a share of the largest value. */
const tolerance = 1e-3;
/** The least that masks of float16 must have in common. */
const leastIou = 0.99;
/** Runs of a graph that are timed, after one that warms up; the shortest time counts. */
const timedRuns = { cpu: 1, provider: 3 };

/** One run of a graph, with what came of it. */
interface Call {
  readonly graph: string;
  readonly feeds: Tensors;
  readonly outputs: Tensors;
}

type Thread = WorkerClient<InferenceApi>;

const send = (message: FromTrial): void => void process.send?.(message);

/** Graphs that are loaded as they are first run, and let go of together. */
class Graphs {
  private readonly handles = new Map<string, number>();

  constructor(
    private readonly thread: Thread,
    private readonly files: GraphFiles,
    private readonly provider: string,
    private readonly threads: number,
  ) {}

  async run(graph: string, feeds: Tensors): Promise<{ outputs: Tensors; ms: number }> {
    const handle = this.handles.get(graph) ?? (await this.load(graph));
    send({ kind: 'step', what: `running ${graph}`, guarded: this.provider !== 'cpu' });
    return this.thread.request('run', { handle, feeds });
  }

  async release(): Promise<void> {
    for (const handle of this.handles.values()) await this.thread.request('release', { handle });
    this.handles.clear();
  }

  private async load(graph: string): Promise<number> {
    const { provider, threads } = this;
    send({ kind: 'step', what: `loading ${graph}`, guarded: provider !== 'cpu' });
    const model = this.files[graph];
    const { handle } = await this.thread.request('load', {
      model,
      name: graph,
      providers: [provider],
      threads,
    });
    this.handles.set(graph, handle);
    return handle;
  }
}

async function tryProvider(request: TrialRequest): Promise<TrialResult> {
  const { provider, threads, work } = request;
  const thread: Thread = inferenceThread<InferenceApi>('trial', request);
  send({ kind: 'step', what: 'loading a small graph', guarded: true });
  const small = await thread.request('load', { ...testGraph(), providers: [provider, 'cpu'], threads: 1 });
  await thread.request('release', { handle: small.handle });
  if (small.provider !== provider) {
    throw new Error(small.fallback?.replace(`${provider}: `, '') ?? 'this machine has no hardware for it');
  }
  if (!work) return { cpuMs: {}, figures: {}, failures: {} };

  const { workload, graphs, reference, cpu } = work;
  const wanted: Call[] = [];
  const onCpu = new Graphs(thread, reference, 'cpu', threads);
  await runWorkload(workload, async (graph, feeds) => {
    const { outputs } = await onCpu.run(graph, feeds);
    wanted.push({ graph, feeds, outputs });
    return outputs;
  });
  const first = [...new Map(wanted.toReversed().map((call) => [call.graph, call])).values()].toReversed();
  const timed = cpu ? new Graphs(thread, cpu, 'cpu', threads) : onCpu;
  const cpuMs: Record<string, number> = {};
  for (const call of first) cpuMs[call.graph] = await shortest(timed, call, timedRuns.cpu, cpu !== undefined);
  send({ kind: 'cpu', ms: cpuMs });
  await onCpu.release();
  if (cpu) await timed.release();

  const figures: Partial<Record<'float32' | 'float16', TrialFigures>> = {};
  const failures: Partial<Record<'float32' | 'float16', string>> = {};
  for (const precision of ['float32', 'float16'] as const) {
    const files = graphs[precision];
    if (!files) continue;
    const own = new Graphs(thread, files, provider, threads);
    try {
      const compare = precision === 'float32' ? compareValues : compareMasks;
      const { error, wrong } = await compare(own, wanted, workload);
      const ms: Record<string, number> = {};
      for (const call of first) ms[call.graph] = await shortest(own, call, timedRuns.provider, false);
      figures[precision] = { ms, error, ...(wrong ? { wrong } : {}) };
    } catch (error) {
      failures[precision] = error instanceof Error ? error.message : String(error);
    } finally {
      await own.release().catch(() => undefined);
    }
  }
  return { cpuMs, figures, failures };
}

async function shortest(
  graphs: Graphs,
  { graph, feeds }: Call,
  runs: number,
  warmUp: boolean,
): Promise<number> {
  if (warmUp) await graphs.run(graph, feeds);
  let best = Infinity;
  for (let n = 0; n < runs; n++) best = Math.min(best, (await graphs.run(graph, feeds)).ms);
  return best;
}

type Comparison = Pick<TrialFigures, 'error' | 'wrong'>;

/** Every graph on the very inputs that the CPU had. */
async function compareValues(graphs: Graphs, wanted: readonly Call[]): Promise<Comparison> {
  let worst = { error: 0, where: '' };
  for (const call of wanted) {
    const { outputs } = await graphs.run(call.graph, call.feeds);
    for (const [name, { data }] of Object.entries(call.outputs)) {
      if (!isCompared(name)) continue;
      const error = relativeDifference(outputs[name]?.data ?? [], data);
      if (error > worst.error) worst = { error, where: `${name} of ${call.graph}` };
    }
  }
  const { error, where } = worst;
  if (error <= tolerance) return { error };
  return { error, wrong: `wrong results: ${where} differs by ${share(error)} of its largest value` };
}

/** The whole work, by the masks that come of it. */
async function compareMasks(
  graphs: Graphs,
  wanted: readonly Call[],
  workload: Parameters<typeof runWorkload>[0],
): Promise<Comparison> {
  const found: Tensors[] = [];
  await runWorkload(workload, async (graph, feeds) => {
    const { outputs } = await graphs.run(graph, feeds);
    if ('all_masks' in outputs) found.push(outputs);
    return outputs;
  });
  const decoded = wanted.filter(({ outputs }) => 'all_masks' in outputs);
  const least = Math.min(...decoded.map(({ outputs }, i) => bestMaskIou(found[i], outputs)));
  const error = 1 - least;
  return least >= leastIou ? { error } : { error, wrong: `wrong masks in float16: IoU ${least.toFixed(3)}` };
}

/** IoU of the mask that the reference likes best, in both. */
function bestMaskIou(found: Tensors, wanted: Tensors): number {
  const ious = Array.from(wanted.all_ious.data);
  const best = ious.indexOf(Math.max(...ious));
  const pixels = wanted.all_masks.data.length / ious.length;
  let [both, either] = [0, 0];
  for (let i = best * pixels; i < (best + 1) * pixels; i++) {
    const [a, b] = [found.all_masks.data[i] > 0, wanted.all_masks.data[i] > 0];
    if (a && b) both++;
    if (a || b) either++;
  }
  return either === 0 ? 1 : both / either;
}

function relativeDifference(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (found.length !== wanted.length) return Infinity;
  let [difference, largest] = [0, 0];
  for (let i = 0; i < wanted.length; i++) {
    const away = Math.abs(found[i] - wanted[i]);
    // NaN compares with nothing.
    difference = Math.max(difference, Number.isNaN(away) ? Infinity : away);
    largest = Math.max(largest, Math.abs(wanted[i]));
  }
  return difference === 0 ? 0 : difference / (largest || 1);
}

const share = (error: number): string => (Number.isFinite(error) ? error.toPrecision(2) : 'infinitely much');

lowerPriority(constants.priority.PRIORITY_LOW);
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.once('message', (request: TrialRequest) => {
  void tryProvider(request).then(
    (result) => send({ kind: 'result', result }),
    (error: unknown) =>
      send({ kind: 'refused', reason: error instanceof Error ? error.message : String(error) }),
  );
});
