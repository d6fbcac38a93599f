/** The job that Slurm runs for a batch: its options, and its script. */
import { checkSbatchOptions } from './slurmOptions';

export interface SlurmJob {
  /** Node and the bundled command, by full paths that the nodes have too. */
  readonly program: readonly string[];
  /** What follows `masklet batch`: options and full paths, without those that the script sets itself. */
  readonly args: readonly string[];
  /** Clips at a time in one job. */
  readonly jobs: number;
  /** Threads of each; default: what Slurm gives the job, shared among `jobs`. */
  readonly threads?: number;
  readonly array?: { readonly tasks: number; /** At a time. */ readonly limit?: number };
  /** A folder on each node's own disk; default: Slurm's or the node's temporary folder. */
  readonly nodeFolder?: string;
  /** Options of sbatch, as the user gave them; they override ours. */
  readonly sbatchOptions: readonly string[];
}

/** Seconds before the end of a job's time at which it is asked to stop. */
const SECONDS_TO_STOP = 60;

/** The options of sbatch, ours first: of two alike, Slurm takes the last. */
export function sbatchOptions({ array, jobs, threads, sbatchOptions: given }: SlurmJob): string[] {
  return [
    '--job-name=masklet',
    `--output=${array ? 'masklet-%A_%a.log' : 'masklet-%j.log'}`,
    // A job that is queued again goes on writing its log.
    '--open-mode=append',
    '--nodes=1',
    '--ntasks=1',
    ...(threads === undefined ? [] : [`--cpus-per-task=${threads * jobs}`]),
    '--requeue',
    // Without `B:` only job steps are signalled, of which there are none.
    `--signal=B:INT@${SECONDS_TO_STOP}`,
    ...(array ? [`--array=1-${array.tasks}${array.limit === undefined ? '' : `%${array.limit}`}`] : []),
    ...given,
  ];
}

/**
 * The script. Slurm signals bash, which passes it on, waits until everything is saved, and has the job queued again while
 * work is left.
 * @throws MaskletError `input/invalid` for options of sbatch that would keep it from doing so.
 */
export function slurmScript(job: SlurmJob): string {
  checkSbatchOptions(job.sbatchOptions);
  const { program, args, jobs, threads, array, nodeFolder } = job;
  const shard = array ? [`--shard "$SLURM_ARRAY_TASK_ID/${array.tasks}"`] : [];
  const base = nodeFolder === undefined ? '${SLURM_TMPDIR:-${TMPDIR:-/tmp}}' : shellWord(nodeFolder);
  return `#!/bin/bash
${directives(sbatchOptions(job))}
# Written by \`masklet batch --slurm\`; docs/batch.md says what it does.

masklet=(${program.map(shellWord).join(' ')})
if [ "\${SLURM_JOB_NUM_NODES:-1}" -gt 1 ]; then
  echo 'masklet: a job works on one node; for several, use: masklet batch --slurm --array N' >&2
  exit 2
fi
for file in "\${masklet[@]}"; do
  if [ ! -r "$file" ]; then
    echo "masklet: $HOSTNAME has no $file; install Masklet where every node finds it" >&2
    exit 4
  fi
done

# What belongs to this node alone is on its own disk, in a folder that nobody else can write to, and goes with the job.
base=${base}
[ -d "$base" ] && [ -w "$base" ] || base=/tmp
work=$(mktemp -d "$base/masklet-\${SLURM_JOB_ID:-0}-XXXXXX") || exit 5
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work"
${threadsOf(threads, jobs)}

stop= signalled= worker= told=
tell() {
  # Once: told again, masklet ends without saving.
  if [ -n "$stop" ] && [ -n "$worker" ] && [ -z "$told" ]; then
    told=yes
    kill -TERM "$worker" 2>/dev/null
  fi
}
# Slurm sends INT when the time is nearly up, and TERM when the job is cancelled or makes room for another.
trap 'signalled=yes; stop=\${stop:-time}; tell' INT
trap 'signalled=yes; stop=end; tell' TERM

echo "masklet: job \${SLURM_JOB_ID:-0} on $HOSTNAME, start $((\${SLURM_RESTART_COUNT:-0} + 1)), $threads threads" >&2
"\${masklet[@]}" ${[
    'batch',
    '--json',
    `--jobs ${jobs}`,
    '--threads "$threads"',
    '--database "$work/databases"',
    ...shard,
    ...args.map(shellWord),
  ].join(' ')} > "$work/result.json" &
worker=$!
tell
# A signal ends the waiting before the work.
while :; do
  signalled=
  wait "$worker"
  code=$?
  [ -n "$signalled" ] || break
done

if [ "$code" -eq 0 ]; then
  echo 'masklet: nothing is left to do' >&2
elif [ "$stop" != time ] || [ "$code" -lt 128 ]; then
  cat "$work/result.json" >&2
elif ! grep -q '"frames": [1-9]' "$work/result.json"; then
  # It would be queued again for ever.
  echo 'masklet: no frame was computed in the time of this job, so it is not queued again; give it more --time' >&2
else
  rm -rf "$work"
  echo 'masklet: stopped in time; the job is queued again for what is left' >&2
  scontrol requeue "$SLURM_JOB_ID" ||
    echo 'masklet: the job could not be queued again; submit it again for what is left' >&2
fi
exit "$code"
`;
}

/** Results depend on the number of threads, so it is what the job asked for, whatever the node has. */
function threadsOf(threads: number | undefined, jobs: number): string {
  if (threads !== undefined) return `threads=${threads}`;
  return `threads=$((\${SLURM_CPUS_PER_TASK:-\${SLURM_CPUS_ON_NODE:-1}} / ${jobs}))
[ "$threads" -ge 1 ] || threads=1`;
}

/** An option and its value stay on one line. */
function directives(options: readonly string[]): string {
  const lines: string[][] = [];
  for (const option of options) {
    if (option.startsWith('-')) lines.push([option]);
    else lines.at(-1)?.push(option);
  }
  return lines.map((words) => `#SBATCH ${words.map(directiveWord).join(' ')}`).join('\n');
}

/** In its lines Slurm knows comments, and quotes in which a backslash goes before quotes and backslashes. */
function directiveWord(word: string): string {
  return /^[\w@%+=:,./[\]-]+$/.test(word) ? word : `"${word.replace(/["\\]/g, '\\$&')}"`;
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
