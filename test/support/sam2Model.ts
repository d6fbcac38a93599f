import { OnnxSessions } from '../../kernel/engine/onnx/sessions';
import type { RunModel } from '../../kernel/engine/onnx/tensors';
import type { Sam2Model } from '../../kernel/engine/sam2/steps';
import type { BuiltModel } from '../../models/sam2/build';
import { graphNames, type GraphName } from '../../models/sam2/graphs';

interface LoadOptions {
  readonly threads?: number;
  readonly names?: readonly GraphName[];
  readonly provider?: string;
}

/** A built model, loaded on this thread. @param threads for one run; 0: as many as there are cores. */
export async function loadOnThisThread(
  { graphs, config }: BuiltModel,
  { threads = 1, names = graphNames, provider = 'cpu' }: LoadOptions = {},
): Promise<Sam2Model & { release(): Promise<void> }> {
  const sessions = new OnnxSessions();
  const handles: number[] = [];
  const runs: Partial<Record<GraphName, RunModel>> = {};
  for (const name of names) {
    const { handle } = await sessions.load({ model: graphs[name], name, providers: [provider], threads });
    handles.push(handle);
    runs[name] = (feeds) => sessions.run(handle, feeds);
  }
  return {
    config,
    run: (graph, feeds) => {
      const run = runs[graph];
      if (!run) throw new Error(`the graph ${graph} was not loaded`);
      return run(feeds);
    },
    release: async () => {
      for (const handle of handles) await sessions.release(handle);
    },
  };
}
