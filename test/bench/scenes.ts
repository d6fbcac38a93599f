/**
 * `npm run bench:scenes`: tracking in scenes of our own drawing, a kind for each difficulty: J, F and J&F where the object
 * can be seen, and how many frames pass until it is marked absent once it is gone, and found once it is back.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { MaskletError } from '../../shared/protocol/errors';
import { absenceDelays } from './absence';
import { benchModel } from './benchModel';
import { followScene, isSceneKind, sceneKinds, sceneOptionsOf, type SceneResult } from './sceneClips';

const usage = `Usage: npm run bench:scenes -- [--kinds a,b] [--seeds 1,2] [--quality fast|balanced|best|whole-frame] [--precision int8|float32|original] [--json FILE]

Kinds: ${Object.keys(sceneKinds).join(', ')}`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      kinds: { type: 'string', default: Object.keys(sceneKinds).join() },
      seeds: { type: 'string', default: '1,2' },
      precision: { type: 'string' },
      quality: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const { model, quality } = benchModel(values.precision, values.quality);
  try {
    const report: Record<string, SceneResult> = {};
    for (const kind of values.kinds.split(',')) {
      if (!isSceneKind(kind))
        throw new MaskletError('internal', `There is no kind "${kind}".`, { hint: usage });
      for (const seed of values.seeds.split(',')) {
        const result = await followScene(model, quality, sceneOptionsOf(kind, Number(seed)));
        report[`${kind} ${seed}`] = result;
        console.log(line(`${kind} ${seed}`, result));
      }
    }
    if (values.json) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
  } finally {
    await model.dispose();
  }
}

function line(name: string, { measure, shown }: SceneResult): string {
  const { gone, back } = absenceDelays(shown);
  const missed = shown.filter(({ hidden, absent }) => absent && !hidden).length;
  const frames = (count: number | undefined): string => (count === undefined ? '-' : String(count));
  return [
    name.padEnd(22),
    ...(['J', 'F', 'J&F'] as const).map((key) => `${key} ${measure[key].toFixed(3)}`),
    `absent after ${frames(gone)} (target 3)`,
    `back after ${frames(back)} (target 5)`,
    `absent while seen ${missed}`,
  ].join('  ');
}

main().catch((error: unknown) => {
  console.error(
    error instanceof MaskletError ? [error.message, error.hint].filter(Boolean).join('\n') : error,
  );
  process.exitCode = 1;
});
