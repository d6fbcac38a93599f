import { MaskletError } from '../../../shared/protocol/errors';

/** Options of sbatch that take no value, so that a word after one of them would be a script. */
const FLAGS = new Set(
  [
    ...['-H', '-k', '-O', '-s', '-Q', '-v', '-W', '-I'],
    ...[
      'hold',
      'no-kill',
      'overcommit',
      'oversubscribe',
      'quiet',
      'verbose',
      'wait',
      'immediate',
      'exclusive',
    ],
    ...[
      'contiguous',
      'requeue',
      'no-requeue',
      'parsable',
      'test-only',
      'spread-job',
      'use-min-nodes',
      'reboot',
    ],
    ...['get-user-env', 'ignore-pbs', 'nice', 'propagate', 'kill-on-invalid-dep'],
  ].map((name) => (name.startsWith('-') ? name : `--${name}`)),
);

/**
 * Makes sure that sbatch gets options alone, and none that would keep a job of ours from being stopped in time.
 * @throws MaskletError `input/invalid`
 */
export function checkSbatchOptions(options: readonly string[]): void {
  options.forEach((word, at) => {
    const before = options[at - 1] ?? '';
    if (/[\n\r\0]/.test(word)) throw refused(JSON.stringify(word), 'Give it on one line.');
    if (!word.startsWith('-')) {
      const isValue = before.startsWith('-') && !before.includes('=') && !FLAGS.has(before);
      // A short option may have its value in the same word, such as -t5.
      if (isValue && (before.startsWith('--') || before.length === 2)) return;
      throw refused(
        `"${word}"`,
        'After -- come options of sbatch alone, such as --time=4:00:00 --partition=gpu.',
      );
    }
    const [name, joined] = splitOption(word);
    const value = joined ?? options[at + 1] ?? '';
    if (isFor(name, '--array') || name === '-a') {
      throw refused(word, 'Give --array N, or N%M for M tasks at a time, before the --.');
    }
    if (isFor(name, '--wrap')) throw refused(word, 'Masklet writes the script itself.');
    if (isFor(name, '--signal') && !/^B:INT@\d+$/.test(value)) {
      throw refused(`--signal=${value}`, 'Only the seconds can be changed: --signal=B:INT@120.');
    }
  });
}

function splitOption(word: string): [name: string, value?: string] {
  if (!word.startsWith('--')) return word.length > 2 ? [word.slice(0, 2), word.slice(2)] : [word];
  const at = word.indexOf('=');
  return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)];
}

/** sbatch takes the beginning of a long option for the whole. */
function isFor(name: string, option: string): boolean {
  return name.length >= 4 && option.startsWith(name);
}

function refused(what: string, hint: string): MaskletError {
  return new MaskletError('input/invalid', `sbatch is not given ${what}.`, { hint });
}
