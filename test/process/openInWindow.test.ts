/** `masklet open`, the launcher that starts it in a terminal, and the window's end of the conversation. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeLauncher } from '../../extension/links/launcher';
import { WindowServer, type WindowAddress } from '../../extension/links/windowServer';
import { WINDOW_SOCKET, WINDOW_TOKEN, type WindowRequest } from '../../kernel/client/windowSocket';
import { MaskletError } from '../../shared/protocol/errors';
import { kernelScript } from '../../kernel/runtime/paths';
import { cliJson, startCli } from '../support/cli';
import { temporaryFolder } from '../support/storageFixture';

type Opened = Omit<WindowRequest, 'token'>;

async function window(
  open: (request: Opened) => Promise<void> = () => Promise.resolve(),
  before?: WindowAddress,
): Promise<{ opened: Opened[]; server: WindowServer; env: Record<string, string> }> {
  const opened: Opened[] = [];
  const server = await WindowServer.start(async (request) => {
    opened.push(request);
    await open(request);
  }, before);
  onTestFinished(() => server.dispose());
  return { opened, server, env: { [WINDOW_SOCKET]: server.at.address, [WINDOW_TOKEN]: server.at.token } };
}

const NO_WINDOW = { [WINDOW_SOCKET]: '', [WINDOW_TOKEN]: '' };

function video(): string {
  const path = join(temporaryFolder(), 'a clip & more.mp4');
  writeFileSync(path, '');
  return path;
}

describe('masklet open', () => {
  it('has the window of its terminal open the frame', async () => {
    const path = video();
    const { opened, env } = await window();
    const run = await cliJson(['open', path, '--frame', '7', '--object', 'fish-1'], { env });
    expect(run).toMatchObject({ code: 0, json: { opened: path } });
    expect(opened).toEqual([{ path, frame: 7, object: 'fish-1' }]);
    await startCli(['open', 'a clip & more.mp4'], { env, cwd: dirname(path) }).finished;
    expect(opened[1]).toEqual({ path });
  });

  it('passes on why the window refused', async () => {
    const { env } = await window(() =>
      Promise.reject(
        new MaskletError('video/no-such-frame', 'It has no frame 7.', { hint: 'Take another.' }),
      ),
    );
    const { code, stderr } = await startCli(['open', video(), '--frame', '7'], { env }).finished;
    expect([code, stderr]).toEqual([3, 'masklet: It has no frame 7.\n  Take another.\n']);
  });

  it('prints the link where there is no window, or none any more', async () => {
    const path = video();
    const link = `vscode://masklet.masklet/open?uri=${encodeURIComponent(
      `file://${encodeURI(path)}`,
    )}&frame=3`;
    const alone = await startCli(['open', path, '--frame', '3'], { env: NO_WINDOW }).finished;
    expect([alone.code, alone.stdout]).toEqual([0, `${link}\n`]);
    const { env, server } = await window();
    server.dispose();
    const stale = await startCli(['open', path, '--frame', '3'], { env }).finished;
    expect([stale.code, stale.stdout]).toEqual([0, `${link}\n`]);
    expect(stale.stderr).toContain('the window of this terminal was closed');
  });

  it('prints links for another VS Code and for this machine from afar', async () => {
    const { opened, env } = await window();
    const options = ['--scheme', 'vscode-insiders', '--remote', 'ssh-remote+gpu-box'];
    const { stdout } = await startCli(['open', video(), ...options], { env }).finished;
    expect(stdout).toMatch(
      /^vscode-insiders:\/\/masklet\.masklet\/open\?uri=vscode-remote%3A%2F%2Fssh-remote%2Bgpu-box%2F/,
    );
    expect(opened).toEqual([]);
  });

  it('refuses what is no file, and what is no frame', async () => {
    expect((await cliJson(['open', '/nowhere/clip.mp4'])).json).toMatchObject({
      error: { code: 'video/not-found' },
    });
    expect((await cliJson(['open', video(), '--frame', '-1'])).json).toMatchObject({
      error: { code: 'input/invalid' },
    });
  });
});

describe("the window's socket", () => {
  /** Says something and returns what comes back; undefined where the window hangs up. */
  const say = (address: string, text: string): Promise<string | undefined> =>
    new Promise((resolve, reject) => {
      const socket = createConnection(address, () => socket.write(text));
      let answer = '';
      socket.on('data', (data) => (answer += data.toString()));
      socket.on('error', reject);
      socket.on('close', () => resolve(answer || undefined));
    });

  it('does nothing for those who cannot prove that they may ask, or make no sense', async () => {
    const { opened, server } = await window();
    const { address, token } = server.at;
    for (const request of [
      'nonsense',
      'null',
      '{}',
      JSON.stringify({ path: '/a.mp4' }),
      JSON.stringify({ token: `${token.slice(1)}x`, path: '/a.mp4' }),
      JSON.stringify({ token, path: 'relative.mp4' }),
      JSON.stringify({ token, path: '/a.mp4', frame: -1 }),
      JSON.stringify({ token, path: '/a.mp4', frame: '1' }),
      JSON.stringify({ token, path: '/a.mp4', object: 3 }),
    ]) {
      const answer = await say(address, `${request}\n`);
      expect([request, JSON.parse(answer ?? '{}')]).toMatchObject([
        request,
        { ok: false, error: { code: 'input/invalid' } },
      ]);
    }
    expect(await say(address, 'x'.repeat(100_000)).catch(() => undefined)).toBeUndefined();
    expect(opened).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')(
    'lies where nobody else can reach it, and goes with its window',
    async () => {
      const { server } = await window();
      const folder = dirname(server.at.address);
      expect(statSync(folder).mode & 0o777).toBe(0o700);
      expect((await window()).server.at.token).not.toBe(server.at.token);
      server.dispose();
      expect(existsSync(folder)).toBe(false);
    },
  );
});

describe.skipIf(process.platform === 'win32')('a window that is loaded anew', () => {
  const open = (): Promise<void> => Promise.resolve();

  it('listens where it did, so that its terminals go on, after a crash too', async () => {
    const { server } = await window();
    const { at } = server;
    server.dispose();
    const again = await window(open, at);
    expect(again.server.at).toEqual(at);
    const path = video();
    expect((await startCli(['open', path], { env: again.env }).finished).code).toBe(0);
    expect(again.opened).toEqual([{ path }]);
    again.server.dispose();
    // A crash leaves folder and socket behind.
    mkdirSync(dirname(at.address), { mode: 0o700 });
    spawnSync(process.execPath, [
      '-e',
      "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))",
      at.address,
    ]);
    expect(existsSync(at.address)).toBe(true);
    expect((await window(open, at)).server.at).toEqual(at);
  });

  it('takes another place where somebody else listens, or could', async () => {
    const first = await window();
    const second = await window(open, first.server.at);
    expect(second.server.at).not.toEqual(first.server.at);
    const shared = join(temporaryFolder(), 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o777);
    const at = { address: join(shared, 'window.sock'), token: 'x' };
    expect((await window(open, at)).server.at).not.toEqual(at);
    const nowhere = { address: '/nowhere/at/all/window.sock', token: 'x' };
    expect((await window(open, nowhere)).server.at).not.toEqual(nowhere);
  });
});

describe.skipIf(process.platform === 'win32')('the launcher of terminals', () => {
  it('starts the command line, and says what it is', () => {
    const bin = join(temporaryFolder(), "it's 100% here", 'bin');
    writeLauncher(bin, kernelScript('cli'));
    writeLauncher(bin, kernelScript('cli'));
    expect(readdirSync(bin)).toEqual(['masklet']);
    const path = `${bin}:${process.env.PATH}`;
    const run = spawnSync('sh', ['-c', 'masklet --version'], {
      env: { ...process.env, PATH: path },
      encoding: 'utf8',
    });
    expect([run.status, run.stdout.trim()]).toEqual([0, '0.1.0']);
  });

  it('tells its own place, and ends as a shell does where there is nothing to start', () => {
    const folder = temporaryFolder();
    const script = join(folder, 'cli.cjs');
    writeFileSync(script, 'console.log(process.env.MASKLET_LAUNCHER, process.argv.slice(2).join("|"))');
    const bin = join(folder, 'bin');
    writeLauncher(bin, script);
    const launcher = join(bin, 'masklet');
    const run = spawnSync(launcher, ['a b', '$c'], { encoding: 'utf8' });
    expect(run.stdout.trim()).toBe(`${launcher} a b|$c`);
    rmSync(script);
    const gone = spawnSync(launcher, { encoding: 'utf8' });
    expect(gone.status).toBe(127);
    expect(gone.stderr).toContain('updated or removed');
  });

  it('is written anew where it is another one, whatever its rights', () => {
    const bin = temporaryFolder();
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, 'masklet'), 'old');
    chmodSync(join(bin, 'masklet'), 0o444);
    writeLauncher(bin, kernelScript('cli'));
    expect(statSync(join(bin, 'masklet')).mode & 0o777).toBe(0o755);
  });
});
