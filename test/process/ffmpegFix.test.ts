import { expect, it } from 'vitest';
import { ffmpegBuild } from '../../kernel/programs/ffmpegBuilds';
import { EXIT } from '../../shared/protocol/exitCodes';
import { findFfmpeg } from '../../kernel/video/ffmpeg';
import { cliJson, startCli } from '../support/cli';
import { startHttpServer } from '../support/httpServer';
import { temporaryFolder } from '../support/kernel';
import { until } from '../support/until';

const build = ffmpegBuild();
const { origin } = await findFfmpeg();

/** A machine without ffmpeg: an empty folder is its PATH, and its cache is empty. */
async function bareMachine(): Promise<Record<string, string>> {
  const folder = await temporaryFolder();
  return { PATH: folder, XDG_CACHE_HOME: folder, HOME: folder, LOCALAPPDATA: folder };
}

it.runIf(build && origin === 'path')(
  'doctor --fix fetches the build for this machine, through the proxy, and can be interrupted',
  async () => {
    const proxy = await startHttpServer(() => undefined);
    const asked = proxy.holdConnects();
    const env = { ...(await bareMachine()), HTTPS_PROXY: proxy.base, NO_PROXY: '' };
    const run = startCli(['doctor', '--fix'], { env });
    await until(() => asked.length > 0 || run.child.exitCode !== null, 'a request to the proxy');
    run.child.kill('SIGINT');
    const { code } = await run.finished;
    expect(asked).toEqual([`${new URL(build?.url ?? '').hostname}:443`]);
    expect(code).toBe(EXIT.cancelled);
  },
);

it.runIf(build && origin === 'path')('doctor alone fetches nothing, and names the ways', async () => {
  const { code, json } = await cliJson(['doctor'], { env: await bareMachine() });
  expect(code).toBe(EXIT.environment);
  expect(json).toMatchObject({
    checks: expect.arrayContaining([
      expect.objectContaining({
        name: 'ffmpeg',
        state: 'failed',
        hint: expect.stringContaining('masklet doctor --fix') as string,
      }),
    ]) as unknown,
  });
});
