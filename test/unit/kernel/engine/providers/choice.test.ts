import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  choose,
  keepChoice,
  readChoice,
  type Contender,
} from '../../../../../kernel/engine/providers/choice';
import { planOf, providersOf } from '../../../../../kernel/engine/providers/planner';
import type { TrialResult } from '../../../../../kernel/engine/providers/trialApi';

const machine = { processor: 'p', cores: 2, onnxruntime: '1', driver: 'd' };
const cpuMs = { encoder: 1000, decoder: 20 };

function tried(provider: string, result: Partial<TrialResult>): Contender {
  return { provider, outcome: { result: { cpuMs, figures: {}, failures: {}, ...result } } };
}

describe('choose', () => {
  it('takes the fastest right one, and leaves to the CPU what that does faster', () => {
    const choice = choose(
      [
        { provider: 'cuda', outcome: { refused: 'there is no NVIDIA driver' } },
        tried('webgpu', {
          figures: {
            float32: { ms: { encoder: 100, decoder: 30 }, error: 1e-6 },
            float16: { ms: { encoder: 60, decoder: 10 }, error: 0.004 },
          },
        }),
        tried('dml', {
          figures: { float32: { ms: { encoder: 10, decoder: 1 }, error: 0.5, wrong: 'wrong' } },
        }),
      ],
      'int8',
      machine,
    );
    expect(choice).toMatchObject({
      provider: 'webgpu',
      precision: 'float16',
      graphs: ['encoder', 'decoder'],
    });
    expect(choice.tried).toMatchObject([
      { provider: 'cpu', precision: 'int8', ms: cpuMs, runs: [] },
      { provider: 'cuda', refused: 'there is no NVIDIA driver' },
      { provider: 'webgpu', precision: 'float32', refused: 'slower than webgpu in float16' },
      { provider: 'webgpu', precision: 'float16', runs: ['encoder', 'decoder'] },
      { provider: 'dml', refused: 'wrong' },
    ]);
  });

  it('lets a small graph stay on the CPU', () => {
    const ms = { encoder: 100, decoder: 30 };
    const choice = choose([tried('webgpu', { figures: { float32: { ms, error: 0 } } })], 'float32', machine);
    expect(choice).toMatchObject({ provider: 'webgpu', graphs: ['encoder'] });
    const plan = planOf(choice);
    expect(providersOf(plan, 'encoder')).toEqual(['webgpu', 'cpu']);
    expect(providersOf(plan, 'decoder')).toEqual(['cpu']);
  });

  it('stays with the CPU where nothing is worth a change, or nothing is there', () => {
    const ms = { encoder: 950, decoder: 19 };
    const slow = choose([tried('webgpu', { figures: { float32: { ms, error: 0 } } })], 'float32', machine);
    expect(slow).toMatchObject({ provider: 'cpu', graphs: [] });
    expect(slow.tried[1].refused).toBe('no faster than the CPU');
    const none = choose([{ provider: 'webgpu', outcome: { refused: 'no adapter' } }], 'float32', machine);
    expect(planOf(none)).toMatchObject({ providers: ['cpu'] });
    const failing = choose([tried('webgpu', { failures: { float32: 'no memory' } })], 'float32', machine);
    expect(failing.tried[1]).toMatchObject({ provider: 'webgpu', refused: 'no memory' });
  });
});

describe('a kept choice', () => {
  it('is found again for the same model and settings alone, and never where it is damaged', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'masklet-choice-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const key = { folder, model: 'abc', halfPrecision: true, candidates: ['webgpu'] };
    expect(await readChoice(key)).toBeUndefined();
    const choice = choose([], 'float32', machine);
    await keepChoice(key, choice);
    expect(await readChoice(key)).toEqual(choice);
    expect(await readChoice({ ...key, model: 'other' })).toBeUndefined();
    expect(await readChoice({ ...key, halfPrecision: false })).toBeUndefined();
    const [file] = await readdir(folder);
    await writeFile(join(folder, file), '{"provider": 3');
    expect(await readChoice(key)).toBeUndefined();
  });
});
