import { describe, expect, it } from 'vitest';
import { progressBar } from '../../../../kernel/cli/progressBar';

function recorder(isTTY: boolean, columns?: number) {
  const written: string[] = [];
  let time = 0;
  return {
    written,
    wait: (ms: number) => (time += ms),
    options: {
      label: 'propagating',
      unit: 'frames',
      stream: { isTTY, columns, write: (text: string) => written.push(text) },
      now: () => time,
    },
  };
}

describe('progressBar', () => {
  it('redraws one line of a terminal and ends it once', () => {
    const { written, wait, options } = recorder(true, 100);
    const bar = progressBar(options);
    for (let i = 1; i <= 4; i++) {
      wait(1000);
      bar.update(i, 8);
    }
    bar.done();
    bar.done();
    bar.update(5, 8);
    expect(written.join('').match(/\n/g)).toHaveLength(1);
    expect(written.at(-2)).toContain('[==============              ] 4/8 frames  1.00 s/frame  4 s left');
  });

  it('shows the last state although it came too soon after the one before', () => {
    const { written, wait, options } = recorder(true);
    const bar = progressBar(options);
    bar.update(1, 100);
    wait(1);
    bar.update(2, 100);
    expect(written).toHaveLength(1);
    bar.done();
    expect(written.join('')).toContain('2/100');
  });

  it('does not take what was there already for speed', () => {
    const { written, wait, options } = recorder(true, 100);
    const bar = progressBar(options);
    bar.update(1, 5, 0);
    expect(written.at(-1)).not.toContain('/s');
    wait(3000);
    bar.update(4, 5, 3);
    expect(written.at(-1)).toContain('4/5 frames  1.00 s/frame  1 s left');
  });

  it('never fills the whole width of a terminal', () => {
    const { written, options } = recorder(true, 40);
    progressBar(options).update(1, 1000);
    // eslint-disable-next-line no-control-regex
    expect(written[0].replace(/[\r]|\x1b\[2K/g, '').length).toBeLessThan(40);
  });

  it('writes few plain lines elsewhere, without control characters', () => {
    const { written, wait, options } = recorder(false);
    const bar = progressBar(options);
    for (let i = 1; i <= 1000; i++) {
      wait(40);
      bar.update(i, 1000);
    }
    bar.done();
    expect(written.length).toBeGreaterThan(5);
    expect(written.length).toBeLessThanOrEqual(12);
    for (const line of written) expect(line).toMatch(/^propagating \d+\/1000 frames[^\x1b\r]*\n$/); // eslint-disable-line no-control-regex
    expect(written.at(-1)).toContain('1000/1000 frames  25 frames/s  40 s');
  });

  it('counts without a total, and stays silent where nothing was done', () => {
    const { written, options } = recorder(false);
    progressBar(options).done();
    expect(written).toEqual([]);
    const bar = progressBar(options);
    bar.update(250);
    bar.done();
    expect(written.join('')).toContain('250 frames');
  });
});
