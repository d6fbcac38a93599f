import { createHash, randomBytes } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../../../models/files/makeFolder';
import { MAX_BYTES, readRegular } from '../../../models/files/regularFile';
import { encoderBuilderVersion, type Precision } from '../../../models/embedded/prepare';
import { probeShape, productProbe } from '../../../models/embedded/productProbe';
import { kernelScript } from '../../runtime/paths';
import type { OnnxSessions } from '../onnx/sessions';

/** Eight bits must take less than this share of float32's time to be worth their error. */
const worthwhile = 0.7;
/** And find the same to within this share: some processors add pairs of 8-bit products in 16 bits, and cut off. */
const tolerance = 0.02;
/** How much work a comparison is: enough for its times to mean something, or only for its results. */
const efforts = {
  timed: { rows: probeShape.rows, repetitions: 7 },
  checked: { rows: 8, repetitions: 1 },
} as const;
export type Effort = keyof typeof efforts;

/** What 8 bits are worth on a machine. */
export interface Comparison {
  /** Time in 8 bits over time in float32. */
  readonly ratio: number;
  /** Largest difference of the results, as a share. */
  readonly error: number;
}

/** What was found out about a machine, as it is kept. */
interface Choice extends Comparison {
  readonly precision: Precision;
  readonly machine: Machine;
}

interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly onnxruntime: string;
  readonly builder: number;
}

/**
 * The precision that is faster on this machine. Measured once and kept, so that every later run gives the same bytes;
 * the name of the processor does not tell, since what it can do may be masked in a virtual machine.
 * @param folder where the choice is kept, a file for each kind of machine that shares it.
 * @param compare measures. A kept choice of 8 bits is checked again, which takes some ten milliseconds: another machine
 *   may have made it that bears the same name.
 */
export async function choosePrecision(
  folder: string,
  compare: (effort: Effort) => Promise<Comparison>,
): Promise<Precision> {
  const machine = thisMachine();
  const key = createHash('sha256').update(JSON.stringify(machine)).digest('hex').slice(0, 16);
  const file = join(folder, `precision-${key}.json`);
  const known = await readChoice(file);
  if (known === 'float32' || (known === 'int8' && isExact(await compare('checked')))) return known;
  const comparison = await compare('timed');
  const precision = comparison.ratio < worthwhile && isExact(comparison) ? 'int8' : 'float32';
  const choice: Choice = { precision, ...comparison, machine };
  const draft = `${file}.${randomBytes(4).toString('hex')}`;
  makeFolder(folder);
  await writeFile(draft, JSON.stringify(choice, null, 2));
  await rename(draft, file);
  return choice.precision;
}

/** Whether 8 bits find what float32 finds. */
export const isExact = ({ error }: Comparison): boolean => error < tolerance;

async function readChoice(file: string): Promise<Precision | undefined> {
  try {
    const { precision } = JSON.parse(
      (await readRegular(file, MAX_BYTES.small)).toString('utf8'),
    ) as Partial<Choice>;
    return precision === 'int8' || precision === 'float32' ? precision : undefined;
  } catch {
    return undefined;
  }
}

function thisMachine(): Machine {
  const { version } = createRequire(kernelScript('main'))('onnxruntime-node/package.json') as {
    version: string;
  };
  const processors = cpus();
  return {
    processor: `${process.arch} ${processors[0]?.model ?? ''}`,
    cores: processors.length,
    onnxruntime: version,
    builder: encoderBuilderVersion,
  };
}

/** Times the encoder's kind of product in both precisions, alternating; the shortest times count. */
export async function comparePrecisions(
  sessions: OnnxSessions,
  threads: number,
  effort: Effort,
): Promise<Comparison> {
  const { inner } = probeShape;
  const { rows, repetitions } = efforts[effort];
  // Positive, so that the sums are large and nothing cancels out.
  const x = {
    data: Float32Array.from({ length: rows * inner }, (_, i) => (i % 101) + 1),
    dims: [rows, inner],
  };
  const contestants = ['int8', 'float32'] as const;
  const best = { int8: Infinity, float32: Infinity };
  const found: Partial<Record<Precision, Float32Array>> = {};
  const handles: Partial<Record<Precision, number>> = {};
  try {
    for (const precision of contestants) {
      const model = productProbe(precision, rows);
      const name = `a product in ${precision}`;
      handles[precision] = (await sessions.load({ model, name, providers: ['cpu'], threads })).handle;
    }
    // The first run of each warms up.
    for (let n = 0; n <= repetitions; n++) {
      for (const precision of contestants) {
        const start = performance.now();
        const { y } = await sessions.run(handles[precision]!, { x });
        if (n > 0) best[precision] = Math.min(best[precision], performance.now() - start);
        found[precision] = y.data as Float32Array;
      }
    }
  } finally {
    for (const handle of Object.values(handles)) await sessions.release(handle);
  }
  return { ratio: best.int8 / best.float32, error: largestDifference(found.int8!, found.float32!) };
}

function largestDifference(found: Float32Array, wanted: Float32Array): number {
  return wanted.reduce((most, value, i) => Math.max(most, Math.abs(found[i] / value - 1)), 0);
}
