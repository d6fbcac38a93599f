import { afterEach, expect, test } from 'vitest';
import { askAboutStale, type BringUpToDate } from '../../../../extension/dataset/exportClips';
import { answers, asked } from '../../../support/vscodeStandIn';

afterEach(() => {
  answers.splice(0);
  asked.splice(0);
});

class StaleClips implements BringUpToDate {
  runs = 0;

  constructor(private readonly frames: number) {}

  readonly count = (): Promise<number> => Promise.resolve(this.runs > 0 ? 0 : this.frames);

  readonly propagate = (): Promise<void> => {
    this.runs++;
    return Promise.resolve();
  };
}

test('nothing is asked where nothing is stale', async () => {
  expect(await askAboutStale(new StaleClips(0))).toBeUndefined();
  expect(asked).toEqual([]);
});

test('stale masks are asked about before anything is written', async () => {
  const ask = async (answer: string | undefined): Promise<unknown> => {
    answers.push(answer);
    return await askAboutStale(new StaleClips(17));
  };
  expect(await ask('Leave Them Out')).toBe('leave-out');
  expect(await ask('Export All the Same')).toBe('export');
  expect(await ask(undefined)).toBe('cancel');
  expect(asked[0]).toBe(
    '17 frames have stale masks. | Propagate First | Leave Them Out | Export All the Same',
  );
});

test('they are propagated first, and asked about again only where some are left', async () => {
  answers.push('Propagate First');
  const stale = new StaleClips(1);
  expect(await askAboutStale(stale)).toBeUndefined();
  expect(stale.runs).toBe(1);
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatch(/^1 frame has stale masks/);
});
