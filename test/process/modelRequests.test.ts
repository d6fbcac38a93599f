import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { KernelSession } from '../../kernel/client/kernelClient';
import type { MaskView, RleMask } from '../../shared/domain/annotations';
import type { SampleClip } from '../../kernel/sample/sampleClip';
import { InstalledModels } from '../../kernel/session/installedModels';
import { ModelLibrary } from '../../models/library';
import { stalling, startHttpServer, whole } from '../support/httpServer';
import { until } from '../support/until';
import type { KernelSettings } from '../../shared/protocol/settings';
import { writeMicroModel } from '../support/microModel';
import { smallClip, startKernel, temporaryFolder } from '../support/kernel';

const frameCount = 5;
let folder: string;
let clip: SampleClip;
let mask: RleMask;
let one: ReturnType<typeof writeMicroModel>;
let two: ReturnType<typeof writeMicroModel>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'masklet-models-'));
  clip = await smallClip(folder, frameCount);
  [mask] = clip.groundTruth.objects[0].masks;
  one = writeMicroModel(folder, 'one');
  two = writeMicroModel(folder, 'two', { memoryFrames: 5 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const settings = (modelDir: string) => ({ modelDir, executionProviders: ['cpu'], threads: 1 });

describe('the models of a kernel', () => {
  it('are imported, asked for a configuration where the tensors do not tell all, and removed', async () => {
    const { kernel } = startKernel(settings(join(await temporaryFolder(), 'models')));
    await expect(kernel.request('models/import', { path: one.checkpoint })).rejects.toMatchObject({
      code: 'model/undetermined',
    });
    await expect(
      kernel.request('models/import', { path: one.checkpoint, config: one.checkpoint }),
    ).rejects.toMatchObject({ code: 'model/unsupported' });
    const imported = await kernel.request('models/import', { path: one.checkpoint, config: one.config });
    expect(imported).toMatchObject({ id: 'one', installed: true, source: 'imported' });
    const list = await kernel.request('models/list', {});
    expect(list.map(({ id, installed }) => [id, installed])).toEqual([
      ['sam2-tiny-embedded', true],
      ['sam2.1-tiny', false],
      ['sam2.1-small', false],
      ['sam2.1-base_plus', false],
      ['sam2.1-large', false],
      ['edgetam', false],
      ['one', true],
    ]);
    expect(list[0]).toMatchObject({ source: 'built-in', speed: 'fast', bytes: 151_267_913 });
    expect(list[1].license).toMatch(/Apache/);
    await kernel.request('models/remove', { id: 'one' });
    expect(await kernel.request('models/list', {})).toHaveLength(6);
    await expect(kernel.request('models/remove', { id: 'one' })).rejects.toMatchObject({
      code: 'model/unknown',
    });
    await expect(kernel.request('models/download', { id: 'nonsense' })).rejects.toMatchObject({
      code: 'model/unknown',
    });
  });

  it('are downloaded with progress; a cancelled download goes on where it was', async () => {
    const content = readFileSync(one.checkpoint);
    const server = await startHttpServer(stalling(content, 1000));
    const library = new ModelLibrary(join(await temporaryFolder(), 'models'), [
      {
        id: 'published',
        title: 'Published',
        license: 'Apache-2.0',
        url: `${server.base}/published.pt`,
        bytes: content.length,
        sha256: createHash('sha256').update(content).digest('hex'),
        speed: 'fast',
      },
    ]);
    const models = new InstalledModels(library);
    const cancel = new AbortController();
    const first = models.download('published', cancel.signal, () => undefined);
    first.catch(() => undefined);
    await expect(models.download('published', cancel.signal, () => undefined)).rejects.toMatchObject({
      code: 'model/busy',
    });
    await expect(models.remove('published')).rejects.toMatchObject({ code: 'model/busy' });
    const part = `${library.checkpointOf('published')}.part`;
    await until(() => existsSync(part) && statSync(part).size === 1000, 'nothing comes');
    cancel.abort();
    await expect(first).rejects.toMatchObject({ code: 'cancelled' });
    server.answer = whole(content);
    const told: number[] = [];
    const model = await models.download('published', new AbortController().signal, ({ bytes, total }) => {
      expect(total).toBe(content.length);
      told.push(bytes);
    });
    expect(model).toMatchObject({ id: 'published', installed: true });
    expect(server.requests.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=1000-']);
    expect(told.at(-1)).toBe(content.length);
  });
});

describe('downloads', () => {
  it('go through the proxy that the settings name', async () => {
    const asked: string[] = [];
    const proxy = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (data) => {
        asked.push(data.toString('latin1').split('\r\n')[0]);
        socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void proxy.close());
    const { port } = proxy.address() as AddressInfo;
    for (const name of ['HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy']) vi.stubEnv(name, undefined);
    onTestFinished(() => void vi.unstubAllEnvs());
    const modelDir = join(await temporaryFolder(), 'models');
    const { kernel } = startKernel({ ...settings(modelDir), proxy: `http://127.0.0.1:${port}` });
    const cancel = new AbortController();
    const download = kernel.request('models/download', { id: 'sam2.1-tiny' }, { signal: cancel.signal });
    download.catch(() => undefined);
    await until(() => asked.length > 0, 'nobody asks the proxy');
    cancel.abort();
    await expect(download).rejects.toMatchObject({ code: 'cancelled' });
    expect(asked[0]).toBe('CONNECT dl.fbaipublicfiles.com:443 HTTP/1.1');
  });
});

describe('a session that goes on with another model', () => {
  const masksOf = async (session: KernelSession): Promise<MaskView[]> => {
    const masks: MaskView[] = [];
    for (let frame = 0; frame < frameCount; frame++)
      masks.push(...(await session.request('frame/masks', { frame })));
    return masks;
  };

  it('keeps the prompts, shows the masks as stale, and propagates with the new one, after a crash too', async () => {
    const modelDir = join(await temporaryFolder(), 'models');
    const { kernel, events } = startKernel(settings(modelDir));
    for (const { checkpoint: path, config } of [one, two])
      await kernel.request('models/import', { path, config });
    const session = await kernel.open({
      path: clip.video,
      model: 'one',
      dataDir: await temporaryFolder(),
    });
    await session.request('object/addMask', { object: 'disc', frame: 0, mask });
    await session.request('object/addPoints', {
      object: 'other',
      frame: 0,
      points: [{ x: 100, y: 80, label: 1 }],
    });
    await session.request('session/propagate', { direction: 'forward' });
    const before = await masksOf(session);
    expect(before).toHaveLength(2 * frameCount);
    expect(before.every(({ provenance }) => provenance?.model === 'one')).toBe(true);
    expect(before.some(({ stale }) => stale)).toBe(false);
    await session.request('object/verify', { object: 'disc', frames: [2], verified: true });
    await expect(kernel.request('models/remove', { id: 'one' })).rejects.toMatchObject({
      code: 'model/busy',
    });
    await expect(session.setModel('sam2.1-large')).rejects.toMatchObject({ code: 'model/missing' });

    await session.setModel('two');
    const switched = await masksOf(session);
    expect(switched.map(({ mask: { counts } }) => counts)).toEqual(
      before.map(({ mask: { counts } }) => counts),
    );
    // What somebody has verified stays good, whichever model made it.
    expect(switched.filter(({ stale }) => !stale).map(({ object, frame }) => [object, frame])).toEqual([
      ['disc', 2],
    ]);
    const { prompts } = await session.request('session/snapshot', {});
    expect(prompts.map(({ object }) => object).sort()).toEqual(['disc', 'other']);
    await until(async () => {
      const { model } = await session.request('session/status', {});
      return model.id === 'two' && model.state === 'ready';
    }, 'the new model does not load');
    const ofModels = events.flatMap((event) => (event.event === 'model/state' ? [event.value] : []));
    expect(ofModels.findLast(({ id }) => id === 'one')?.state).toBe('idle');
    expect(ofModels.at(-1)).toMatchObject({ id: 'two', state: 'ready', provider: 'cpu' });
    await kernel.request('models/remove', { id: 'one' });

    process.kill(kernel.pid!, 'SIGKILL');
    await until(() => kernel.pid === undefined, 'the kernel does not end');
    expect((await session.request('session/status', {})).model.id).toBe('two');
    await session.request('session/propagate', { direction: 'forward' });
    const after = await masksOf(session);
    expect(after.some(({ stale }) => stale)).toBe(false);
    expect(after.filter(({ provenance }) => provenance?.model !== 'two')).toMatchObject([
      { object: 'disc', frame: 2, verified: true },
    ]);
    const sha256 = createHash('sha256').update(readFileSync(two.checkpoint)).digest('hex');
    expect(after.at(-1)?.provenance?.modelSha256).toBe(sha256);
  });

  it('is refused while masks are being propagated', async () => {
    const modelDir = join(await temporaryFolder(), 'models');
    const { kernel } = startKernel(settings(modelDir));
    for (const { checkpoint: path, config } of [one, two])
      await kernel.request('models/import', { path, config });
    const session = await kernel.open({ path: clip.video, model: 'one', dataDir: await temporaryFolder() });
    await session.request('object/addMask', { object: 'disc', frame: 0, mask });
    let switching: Promise<void> | undefined;
    const onProgress = (): void => {
      switching ??= session.setModel('two');
      switching.catch(() => undefined);
    };
    await session.request('session/propagate', { direction: 'forward' }, { onProgress });
    await expect(switching).rejects.toMatchObject({ code: 'session/busy' });
    expect((await session.request('session/status', {})).model.id).toBe('one');
  });
});

describe('a model that a closing session leaves loaded', () => {
  async function opened(kernelSettings: Partial<KernelSettings> = {}): Promise<{
    open: (model: string) => Promise<KernelSession>;
    statesOf: (id: string) => string[];
  }> {
    const modelDir = join(await temporaryFolder(), 'models');
    const { kernel, events } = startKernel({ ...settings(modelDir), ...kernelSettings });
    for (const { checkpoint: path, config } of [one, two])
      await kernel.request('models/import', { path, config });
    const statesOf = (id: string): string[] =>
      events.flatMap((event) =>
        event.event === 'model/state' && event.value.id === id ? [event.value.state] : [],
      );
    return {
      statesOf,
      open: async (model) => {
        const session = await kernel.open({ path: clip.video, model, dataDir: await temporaryFolder() });
        await until(() => statesOf(model).at(-1) === 'ready', `${model} does not load`);
        return session;
      },
    };
  }

  it('serves the next session, and goes when one with another model is opened', async () => {
    const { open, statesOf } = await opened();
    await (await open('one')).close({ keepModel: true });
    const next = await open('one');
    expect(statesOf('one')).toEqual(['loading', 'ready']);
    await next.close({ keepModel: true });
    const other = await open('two');
    expect(statesOf('one')).toEqual(['loading', 'ready', 'idle']);
    await other.close();
    expect(statesOf('two')).toEqual(['loading', 'ready', 'idle']);
  });

  it('goes when nobody comes', async () => {
    const { open, statesOf } = await opened({ sessionTimeout: 1 });
    await (await open('one')).close({ keepModel: true });
    await until(() => statesOf('one').at(-1) === 'idle', 'the model stays loaded');
  });
});
