/** A Slurm of one node, this machine, in a folder of its own. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { availableParallelism, hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { until } from './until';

const ENV_PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;

/** Whether Slurm and what it authenticates with are installed. */
export function hasSlurm(): boolean {
  return ['slurmctld', 'slurmd', 'munged', 'sbatch', 'scontrol'].every(
    (name) => spawnSync('sh', ['-c', `command -v ${name}`], { env: { PATH: ENV_PATH } }).status === 0,
  );
}

export interface Slurm {
  /** For whoever submits jobs. */
  readonly env: Readonly<Record<string, string>>;
  /** What a program of Slurm prints. */
  ask(program: string, ...args: string[]): string;
  /** How the job stands, such as `PENDING`; a job without a number of its own is asked for as `12_1`. */
  stateOf(job: string): Record<string, string>;
  stop(): Promise<void>;
}

/** @throws Error with the end of the logs where it does not come up. */
export async function startSlurm(): Promise<Slurm> {
  const folder = await mkdtemp(join(tmpdir(), 'masklet-slurm-'));
  // munged wants whoever may talk to it to get at its socket.
  await chmod(folder, 0o711);
  for (const name of ['state', 'spool', 'munge']) await mkdir(join(folder, name), { mode: 0o711 });
  const key = join(folder, 'munge', 'key');
  await writeFile(key, randomBytes(128), { mode: 0o400 });
  const [controller, node] = [await freePort(), await freePort()];
  const user = userInfo().username;
  const host = hostname().replace(/\..*/, '');
  const configuration = `
ClusterName=masklet
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=${controller}
SlurmUser=${user}
SlurmdUser=${user}
AuthType=auth/munge
AuthInfo=socket=${folder}/munge/socket,cred_expire=10
CredType=cred/munge
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
KillWait=30
MinJobAge=3600
NodeName=${host} NodeAddr=127.0.0.1 Port=${node} CPUs=${Math.max(2, availableParallelism())} State=UNKNOWN
PartitionName=test Nodes=${host} Default=YES MaxTime=INFINITE State=UP
`;
  const config = join(folder, 'slurm.conf');
  await writeFile(config, configuration);
  const env = { ...(process.env as Record<string, string>), PATH: ENV_PATH, SLURM_CONF: config };
  const children: ChildProcess[] = [];
  const daemon = (name: string, ...args: string[]): void => {
    const child = spawn(name, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
    children.push(child);
  };
  let log = '';
  const stop = async (): Promise<void> => {
    for (const child of children.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(timer);
    }
    await rm(folder, { recursive: true, force: true });
  };
  const ask = (program: string, ...args: string[]): string => {
    const { stdout, stderr, status } = spawnSync(program, args, { env, encoding: 'utf8', timeout: 60_000 });
    if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  const isUp = (): boolean => {
    try {
      return /^(idle|mixed)/m.test(ask('sinfo', '-h', '-o', '%T'));
    } catch {
      return false;
    }
  };
  try {
    const munge = (file: string): string => join(folder, 'munge', file);
    daemon(
      'munged',
      ...['--foreground', '--force', `--key-file=${key}`, `--socket=${munge('socket')}`],
      ...[`--pid-file=${munge('pid')}`, `--seed-file=${munge('seed')}`, `--log-file=${munge('log')}`],
    );
    daemon('slurmctld', '-D', '-c', '-f', config);
    daemon('slurmd', '-D', '-f', config, '-N', host);
    await until(isUp, 'Slurm did not come up', 600);
  } catch (error) {
    const munged = await readFile(join(folder, 'munge', 'log'), 'utf8').catch(() => '');
    await stop();
    throw new Error(`${String(error)}\n${munged}${log.slice(-3_000)}`, { cause: error });
  }
  return { env, ask, stateOf: (job) => fieldsOf(ask('scontrol', 'show', 'job', job)), stop };
}

/** `Name=value` as scontrol prints them. */
function fieldsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    Array.from(text.matchAll(/(\w[\w:/]*)=(\S*)/g), ([, name, value]) => [name, value]),
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
