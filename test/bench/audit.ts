/**
 * `npm run bench:audit`: how often an audit's 95 % intervals hold the truth, over datasets of known IoUs. What is wanted is 93 to
 * 97 % for the mean; the intervals of shares are those of a count, which are on the safe side where few are counted.
 */
import { parseArgs } from 'node:util';
import { distributions, simulateAudits } from '../support/auditSimulation';

const TARGET = { low: 0.93, high: 0.97 };

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    masks: { type: 'string', default: '5000' },
    draws: { type: 'string', default: '100,200,400' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean' },
  },
});

if (values.help) {
  console.log('Usage: npm run bench:audit -- [--runs N] [--masks N] [--draws N,M] [--seed N]');
} else {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`.padStart(7);
  for (const draws of values.draws.split(',').map(Number)) {
    console.log(`${draws} of ${values.masks} masks, ${values.runs} runs, seed ${values.seed}`);
    for (const [name, distribution] of Object.entries(distributions)) {
      const { mean, below90, below75, width, truth } = simulateAudits(distribution, {
        masks: Number(values.masks),
        draws,
        runs: Number(values.runs),
        seed: Number(values.seed),
      });
      const verdict = mean >= TARGET.low && mean <= TARGET.high ? 'within target' : 'OUTSIDE TARGET';
      console.log(
        `  ${name.padEnd(44)} true mean ${truth.toFixed(4)}  covered ${percent(mean)} (${verdict})  width ${width.toFixed(4)}` +
          `  below 0.9 ${percent(below90)}  below 0.75 ${percent(below75)}`,
      );
    }
  }
}
