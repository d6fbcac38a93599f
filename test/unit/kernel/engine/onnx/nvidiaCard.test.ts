import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OnnxSessions } from '../../../../../kernel/engine/onnx/sessions';
import { testGraph } from '../../../../../kernel/engine/onnx/testGraph';
import { executionProviders } from '../../../../../kernel/engine/onnx/executionProviders';
import { mayHaveNvidiaCard } from '../../../../../kernel/engine/onnx/nvidiaCard';
import { temporaryFolder } from '../../../../support/kernel';

async function machine(vendors: readonly string[], devices: readonly string[]): Promise<string> {
  const root = await temporaryFolder();
  for (const [n, vendor] of vendors.entries()) {
    const folder = join(root, 'sys/bus/pci/devices', `0000:00:0${n}.0`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'vendor'), `${vendor}\n`);
  }
  mkdirSync(join(root, 'dev'));
  for (const name of devices) writeFileSync(join(root, 'dev', name), '');
  return root;
}

test('a card is known by its vendor, or by the devices that containers and WSL show', async () => {
  expect(mayHaveNvidiaCard('linux', await machine(['0x8086', '0x1002'], []))).toBe(false);
  expect(mayHaveNvidiaCard('linux', await machine([], []))).toBe(false);
  expect(mayHaveNvidiaCard('linux', await machine(['0x8086', '0x10de'], []))).toBe(true);
  expect(mayHaveNvidiaCard('linux', await machine([], ['nvidiactl']))).toBe(true);
  expect(mayHaveNvidiaCard('linux', await machine([], ['dxg']))).toBe(true);
  expect(mayHaveNvidiaCard('darwin', '/nowhere')).toBe(false);
  expect(mayHaveNvidiaCard('win32', '/nowhere')).toBe(true);
});

test('a provider that fails is told of only where the machine has what it would run on', async () => {
  const load = async (hasNoHardware: boolean): Promise<string | undefined> => {
    const broken = {
      name: 'cuda' as const,
      hasNoHardware: () => hasNoHardware,
      isPartOfBuild: () => true,
      create: () => Promise.reject(new Error('no driver')),
    };
    const sessions = new OnnxSessions([broken, ...executionProviders.filter(({ name }) => name === 'cpu')]);
    const loaded = await sessions.load({ ...testGraph(), providers: ['cuda', 'cpu'], threads: 1 });
    expect(loaded.provider).toBe('cpu');
    await sessions.release(loaded.handle);
    return loaded.fallback;
  };
  expect(await load(true)).toBeUndefined();
  expect(await load(false)).toBe('cuda: no driver');
});
