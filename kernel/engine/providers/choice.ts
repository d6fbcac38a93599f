import { createHash, randomBytes } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProviderTrial } from '../../../shared/protocol/health';
import type { Precision } from '../../../models/onnx/graph';
import type { TrialOutcome } from './trial';
import { thisMachine, type Machine } from './machine';
import { makeFolder } from '../../../models/files/makeFolder';
import { MAX_BYTES, readRegular } from '../../../models/files/regularFile';

/** Raised where choices of before are to be made again. */
const choiceVersion = 1;
/** A provider must take less than this share of the CPU's time to be worth it. */
const worthwhile = 0.9;

/** Which provider runs a model's graphs on this machine. */
export interface ProviderChoice {
  readonly provider: string;
  readonly precision: Precision;
  /** The graphs that the provider runs; the others stay on the CPU. */
  readonly graphs: readonly string[];
  /** The CPU first. */
  readonly tried: readonly ProviderTrial[];
  readonly machine: Machine;
}

/** What came of trying one provider. */
export interface Contender {
  readonly provider: string;
  readonly outcome: TrialOutcome;
}

/**
 * The fastest of the right ones: each graph goes to the provider where that is faster, else to the CPU.
 * @param cpuPrecision how the CPU would compute.
 */
export function choose(
  contenders: readonly Contender[],
  cpuPrecision: ProviderTrial['precision'],
  machine = thisMachine(),
): ProviderChoice {
  const tried = contenders.flatMap(trialsOf);
  const cpuMs = fastest(
    contenders.flatMap(({ outcome }) =>
      'result' in outcome ? [outcome.result.cpuMs] : outcome.cpuMs ? [outcome.cpuMs] : [],
    ),
  );
  const graphs = Object.keys(cpuMs);
  const totalOf = (runs: readonly string[], ms: Readonly<Record<string, number>>): number =>
    graphs.reduce((sum, graph) => sum + (runs.includes(graph) ? ms[graph] : cpuMs[graph]), 0);
  let best: { trial: ProviderTrial; runs: readonly string[]; total: number } | undefined;
  for (const trial of tried) {
    const { ms, refused } = trial;
    if (!ms || refused !== undefined) continue;
    const runs = graphs.filter((graph) => ms[graph] < worthwhile * cpuMs[graph]);
    const total = totalOf(runs, ms);
    if (runs.length > 0 && total < (best?.total ?? Infinity)) best = { trial, runs, total };
  }
  const taken = best;
  const judged = tried.map((trial) => {
    if (trial === taken?.trial) return { ...trial, runs: taken.runs };
    if (trial.refused !== undefined) return trial;
    return { ...trial, refused: taken ? `slower than ${nameOf(taken.trial)}` : 'no faster than the CPU' };
  });
  const cpu: ProviderTrial = {
    provider: 'cpu',
    precision: cpuPrecision,
    ...(graphs.length > 0 ? { ms: cpuMs } : {}),
    runs: graphs.filter((graph) => !taken?.runs.includes(graph)),
  };
  return {
    provider: taken?.trial.provider ?? 'cpu',
    precision: taken?.trial.precision === 'float16' ? 'float16' : 'float32',
    graphs: taken?.runs ?? [],
    tried: [cpu, ...judged],
    machine,
  };
}

function trialsOf({ provider, outcome }: Contender): ProviderTrial[] {
  if ('refused' in outcome) return [{ provider, precision: 'float32', refused: outcome.refused }];
  const { figures, failures } = outcome.result;
  return (['float32', 'float16'] as const).flatMap((precision): ProviderTrial[] => {
    const failure = failures[precision];
    if (failure !== undefined) return [{ provider, precision, refused: failure }];
    const found = figures[precision];
    if (!found) return [];
    const { ms, error, wrong } = found;
    // JSON has no infinity.
    const shown = Number.isFinite(error) ? { error } : {};
    return [{ provider, precision, ms, ...shown, ...(wrong === undefined ? {} : { refused: wrong }) }];
  });
}

/** Each graph's shortest time. */
function fastest(times: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const best: Record<string, number> = {};
  for (const ms of times) {
    for (const [graph, value] of Object.entries(ms)) best[graph] = Math.min(best[graph] ?? Infinity, value);
  }
  return best;
}

export const nameOf = ({ provider, precision }: ProviderTrial): string =>
  precision === 'float32' ? provider : `${provider} in ${precision}`;

/** What a kept choice hangs on, besides the machine and its drivers. */
export interface ChoiceKey {
  /** Where the choices of a model are kept, a file for each kind of machine that shares the folder. */
  readonly folder: string;
  readonly model: string;
  readonly halfPrecision: boolean;
  readonly candidates: readonly string[];
}

function fileOf({ folder, model, halfPrecision, candidates }: ChoiceKey): string {
  const dependencies = [choiceVersion, thisMachine(), model, halfPrecision, candidates];
  const key = createHash('sha256').update(JSON.stringify(dependencies)).digest('hex').slice(0, 16);
  return join(folder, `providers-${key}.json`);
}

/** The choice that was made on a machine like this one, with its drivers, for this model. */
export async function readChoice(key: ChoiceKey): Promise<ProviderChoice | undefined> {
  try {
    const choice = JSON.parse(
      (await readRegular(fileOf(key), MAX_BYTES.small)).toString(),
    ) as Partial<ProviderChoice>;
    const { provider, precision, graphs, tried, machine } = choice;
    if (!provider || !precision || !Array.isArray(graphs) || !Array.isArray(tried) || !machine)
      return undefined;
    return { provider, precision, graphs, tried, machine };
  } catch {
    return undefined;
  }
}

export async function keepChoice(key: ChoiceKey, choice: ProviderChoice): Promise<void> {
  const file = fileOf(key);
  const draft = `${file}.${randomBytes(4).toString('hex')}`;
  makeFolder(key.folder);
  await writeFile(draft, JSON.stringify(choice, null, 2));
  await rename(draft, file);
}
