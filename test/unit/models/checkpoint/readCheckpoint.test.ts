import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCheckpoint } from '../../../../models/checkpoint/readCheckpoint';
import { halfToFloat, readFloats, type Checkpoint } from '../../../../models/checkpoint/tensor';
import {
  floatTensor,
  PickleWriter,
  writeTorchFile,
  writeTorchZip,
  writeZip,
  type TensorToWrite,
} from '../../../support/torchFiles';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'masklet-checkpoint-'))));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name = 'model.pt'): string => join(folder, name);

async function valuesOf(checkpoint: Checkpoint, name: string): Promise<number[]> {
  const file = await open(checkpoint.file);
  try {
    return [...(await readFloats(file, checkpoint.tensors.get(name)!, name, checkpoint.file))];
  } finally {
    await file.close();
  }
}

const raw = (array: Uint16Array): Uint8Array => new Uint8Array(array.buffer);
const two = new Map<string, TensorToWrite>([
  ['a', floatTensor([2, 3], [1, 2, 3, 4, 5, 6])],
  ['b', floatTensor([], [-0.5])],
]);

function save(pickle: PickleWriter, data: readonly TensorToWrite[] = [...two.values()]): string {
  writeTorchZip(path(), pickle.bytes(), data);
  return path();
}

function positions(bytes: Buffer, text: string): number[] {
  const found: number[] = [];
  for (let at = -1; (at = bytes.indexOf(text, at + 1, 'latin1')) >= 0;) found.push(at);
  return found;
}

describe('a .pt checkpoint', () => {
  it('is read as torch.save writes it, with and without the dict around the state dict', async () => {
    for (const wrap of [true, false]) {
      writeTorchFile(path(), two, { wrap });
      const checkpoint = await readCheckpoint(path());
      expect([...checkpoint.tensors.keys()]).toEqual(['a', 'b']);
      expect(checkpoint.tensors.get('a')).toMatchObject({
        dtype: 'float32',
        shape: [2, 3],
        stride: [3, 1],
        bytes: 24,
      });
      expect(checkpoint.tensors.get('a')!.offset % 64).toBe(0);
      expect(await valuesOf(checkpoint, 'a')).toEqual([1, 2, 3, 4, 5, 6]);
      expect(await valuesOf(checkpoint, 'b')).toEqual([-0.5]);
    }
  });

  it('reads float16, bfloat16 and transposed tensors as the floats they mean', async () => {
    const half = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7c00);
    const brain = Uint16Array.of(0x3f80, 0xc040);
    writeTorchFile(
      path(),
      new Map<string, TensorToWrite>([
        ['half', { shape: [4], storage: 'HalfStorage', bytes: 8, data: () => [raw(half)] }],
        ['brain', { shape: [2], storage: 'BFloat16Storage', bytes: 4, data: () => [raw(brain)] }],
        ['turned', { ...floatTensor([3, 2], [1, 2, 3, 4, 5, 6]), stride: [1, 3] }],
        ['steps', { shape: [1], storage: 'LongStorage', bytes: 8, data: () => [new Uint8Array(8)] }],
      ]),
    );
    const checkpoint = await readCheckpoint(path());
    expect(await valuesOf(checkpoint, 'half')).toEqual([1, -2, 2 ** -24, Infinity]);
    expect(await valuesOf(checkpoint, 'brain')).toEqual([1, -3]);
    expect(await valuesOf(checkpoint, 'turned')).toEqual([1, 4, 2, 5, 3, 6]);
    await expect(valuesOf(checkpoint, 'steps')).rejects.toThrow(/steps .* int64/);
    expect(halfToFloat(0x7e00)).toBeNaN();
  });

  it('skips what a training checkpoint keeps besides the weights', async () => {
    writeTorchFile(path(), two, {
      extra: (p) => {
        p.text('optimizer')
          .raw('}(')
          .text('betas')
          .raw('G\x3f\xec\xcc\xcc\xcc\xcc\xcc\xcdG\x3f\xef\xf7\xce\xd9\x16\x87\x2b\x86');
        p.text('state').raw('](K\x01NN\x88e').raw('u');
        p.text('best').global('numpy.core.multiarray', 'scalar').global('numpy', 'dtype');
        p.text('f8').raw('\x89\x88\x87R(K\x03').text('<').raw('NNNtb').raw('C\x08\0\0\0\0\0\0\0\0\x86R');
      },
    });
    const checkpoint = await readCheckpoint(path());
    expect([...checkpoint.tensors.keys()]).toEqual(['a', 'b']);
  });

  it('takes the prefix of distributed training off', async () => {
    writeTorchFile(path(), new Map([...two].map(([name, tensor]) => [`module.${name}`, tensor])));
    expect([...(await readCheckpoint(path())).tensors.keys()]).toEqual(['a', 'b']);
  });

  it('never runs code: globals and opcodes outside the allow-list are refused by name', async () => {
    const marker = path('pwned');
    const system = new PickleWriter().proto().global('os', 'system').text(`touch ${marker}`).raw('\x85R.');
    await expect(readCheckpoint(save(system))).rejects.toThrow(/"os\.system"/);
    const stacked = new PickleWriter()
      .raw('\x80\x04')
      .text('builtins')
      .text('eval')
      .raw('\x93')
      .text('1')
      .raw('\x85R.');
    await expect(readCheckpoint(save(stacked))).rejects.toThrow(/"builtins\.eval"/);
    const nested = new PickleWriter().raw('\x80\x04').text('builtins').text('getattr.__call__').raw('\x93.');
    await expect(readCheckpoint(save(nested))).rejects.toThrow(/"builtins\.getattr\.__call__"/);
    const inside = new PickleWriter().proto().raw('}(').text('model').raw('}(').text('x');
    inside.global('torch', 'load').text('other.pt').raw('\x85Ruu.');
    await expect(readCheckpoint(save(inside))).rejects.toThrow(/"torch\.load"/);
    const instance = new PickleWriter().proto().raw('(ios\nsystem\n.');
    await expect(readCheckpoint(save(instance))).rejects.toThrow(/opcode 0x69/);
    const named = new PickleWriter().proto().global('torch', 'FloatStorage').raw(')R.');
    await expect(readCheckpoint(save(named))).rejects.toThrow(/calls "torch\.FloatStorage"/);
    const setState = new PickleWriter().proto().raw('](K\x01e').raw('}b.');
    await expect(readCheckpoint(save(setState))).rejects.toThrow(/sets the state/);
    // Prototypes of our own objects are no dict either.
    const prototype = new PickleWriter().proto().global('__proto__', 'constructor').raw(')R.');
    await expect(readCheckpoint(save(prototype))).rejects.toThrow(/"__proto__\.constructor"/);
    expect(() => readFileSync(marker)).toThrow();
  });

  it('refuses sizes that the file does not hold', async () => {
    const claim = (shape: number[], stride: number[], elements = 6): PickleWriter => {
      const p = new PickleWriter().proto().raw('}(').text('a').global('torch._utils', '_rebuild_tensor_v2');
      p.raw('((')
        .text('storage')
        .global('torch', 'FloatStorage')
        .text('0')
        .text('cpu')
        .int(elements)
        .raw('tQ');
      return p.int(0).ints(shape).ints(stride).raw('\x89\x7dtRu.');
    };
    expect((await readCheckpoint(save(claim([2, 3], [3, 1])))).tensors.size).toBe(1);
    for (const huge of [
      claim([2 ** 40], [1]),
      claim([2 ** 40], [0]), // one element, repeated without end
      claim([3, 3], [3, 1]),
      claim([2 ** 30, 2 ** 30], [1, 1]),
      claim([2, 3], [3, 1], 2 ** 50),
      claim([-2, -3], [3, 1]),
    ]) {
      await expect(readCheckpoint(save(huge))).rejects.toThrow(/damaged/);
    }
    const text = new PickleWriter().proto().raw('X\xff\xff\xff\xffabc.');
    await expect(readCheckpoint(save(text))).rejects.toThrow(/ends too early/);
  });

  it('says so where the file is cut off anywhere', async () => {
    writeTorchFile(path(), two);
    const whole = readFileSync(path());
    for (const length of [0, 3, 20, 100, whole.length - 60, whole.length - 1]) {
      writeFileSync(path('cut.pt'), whole.subarray(0, length));
      await expect(readCheckpoint(path('cut.pt')), `${length} bytes`).rejects.toMatchObject({
        name: 'ModelFileError',
        file: path('cut.pt'),
      });
    }
    const pickle = new PickleWriter().proto().raw('}(').text('model');
    await expect(readCheckpoint(save(pickle))).rejects.toThrow(/ends too early/);
    await expect(readCheckpoint(path('nowhere.pt'))).rejects.toMatchObject({ problem: 'missing' });
    await expect(readCheckpoint(folder)).rejects.toMatchObject({ problem: 'missing' });
  });

  it('refuses a zip whose entries overlap, are named twice, compressed, encrypted or changed', async () => {
    writeTorchFile(path(), two);
    const whole = readFileSync(path());
    const records = positions(whole, 'PK\x01\x02');
    const patched = async (change: (bytes: Buffer) => void): Promise<unknown> => {
      const bytes = Buffer.from(whole);
      change(bytes);
      writeFileSync(path('bad.pt'), bytes);
      return readCheckpoint(path('bad.pt'));
    };
    const [, first, second] = records;
    await expect(patched((b) => b.writeUInt32LE(b.readUInt32LE(first + 42), second + 42))).rejects.toThrow(
      /overlaps/,
    );
    await expect(
      patched((b) => {
        b.writeUInt32LE(60, first + 20);
        b.writeUInt32LE(60, first + 24);
      }),
    ).rejects.toThrow(/overlaps/);
    await expect(patched((b) => b.writeUInt32LE(0xfffffff0, first + 42))).rejects.toThrow(/outside the file/);
    await expect(patched((b) => b.writeUInt16LE(8, first + 10))).rejects.toThrow(/compressed/);
    await expect(patched((b) => b.writeUInt16LE(1, first + 8))).rejects.toThrow(/encrypted/);
    await expect(patched((b) => b.writeUInt16LE(40000, b.length - 12))).rejects.toThrow(/fewer entries/);
    await expect(patched((b) => (b[whole.indexOf('OrderedDict')] ^= 0x20))).rejects.toThrow(/checksum/);
    writeZip(path('twice.pt'), [
      { name: 'x/data.pkl', bytes: 1, data: () => [Buffer.from('.')] },
      { name: 'x/data.pkl', bytes: 1, data: () => [Buffer.from('.')] },
    ]);
    await expect(readCheckpoint(path('twice.pt'))).rejects.toThrow(/two entries/);
  });

  it('tells other files from checkpoints', async () => {
    writeFileSync(path('text'), 'a text that is no checkpoint');
    await expect(readCheckpoint(path('text'))).rejects.toThrow(/neither a \.pt nor a \.safetensors/);
    writeFileSync(path('old.pt'), new PickleWriter().proto().raw('}.').bytes());
    await expect(readCheckpoint(path('old.pt'))).rejects.toThrow(/before 1\.6/);
    writeZip(path('plain.zip'), [{ name: 'readme', bytes: 1, data: () => [Buffer.from('x')] }]);
    await expect(readCheckpoint(path('plain.zip'))).rejects.toThrow(/without a pickle/);
  });
});

describe('a damaged checkpoint of any kind', () => {
  it('ends in an error that names the file, or in tensors inside it, never otherwise', async () => {
    writeTorchFile(path(), two);
    const header = JSON.stringify({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } });
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    const files = [readFileSync(path()), Buffer.concat([length, Buffer.from(header), Buffer.alloc(8)])];
    let refused = 0;
    let state = 1;
    const random = (limit: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * limit);
    };
    for (let n = 0; n < 600; n++) {
      const bytes = Buffer.from(files[n % 2]);
      for (let i = 0; i <= random(3); i++) bytes[random(bytes.length)] = random(256);
      writeFileSync(path('fuzzed'), bytes);
      try {
        const { tensors } = await readCheckpoint(path('fuzzed'));
        for (const { offset, bytes: used } of tensors.values()) {
          expect(offset >= 0 && offset + used <= bytes.length).toBe(true);
        }
      } catch (error) {
        expect(error).toMatchObject({ name: 'ModelFileError', file: path('fuzzed') });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });

  it('is refused where its containers are not what they are used as', async () => {
    for (const pickle of [
      new PickleWriter().proto().global('collections', 'OrderedDict').raw('K\x05\x85R.'),
      new PickleWriter().proto().global('collections', 'OrderedDict').raw('](K\x05e\x85R.'),
      new PickleWriter().proto().global('torch', 'Size').raw(')R.'),
      new PickleWriter().proto().global('torch._utils', '_rebuild_tensor_v2').raw(')R.'),
      new PickleWriter().proto().raw('NQ.'),
      new PickleWriter().proto().raw('u.'),
    ]) {
      await expect(readCheckpoint(save(pickle))).rejects.toMatchObject({ problem: 'corrupted' });
    }
    const header = JSON.stringify({ a: null });
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    writeFileSync(path('null.safetensors'), Buffer.concat([length, Buffer.from(header)]));
    await expect(readCheckpoint(path('null.safetensors'))).rejects.toMatchObject({ problem: 'corrupted' });
  });
});

describe('a checkpoint that asks for far more than it holds', () => {
  const repeated = (text: string, times: number): PickleWriter =>
    new PickleWriter().proto().raw(Buffer.alloc(text.length * times, text, 'latin1').toString('latin1'));
  const int = (value: number): string => {
    const bytes = Buffer.alloc(5);
    bytes.write('J');
    bytes.writeInt32LE(value, 1);
    return bytes.toString('latin1');
  };

  it.each<[string, () => PickleWriter, RegExp]>([
    ['millions of empty dicts', () => repeated('}', 30_000_000).raw('.'), /far more/],
    ['millions of lists', () => repeated(']', 30_000_000).raw('.'), /far more/],
    [
      'one list made into a dict over and over',
      () => {
        const pairs = Array.from({ length: 100_000 }, (_, i) => `${int(i)}N\x86`).join('');
        const head = new PickleWriter().proto().raw(`](${pairs}eq\0`);
        head.global('collections', 'OrderedDict').raw('q\x01');
        return head.raw('h\x01h\0\x85R'.repeat(20_000)).raw('.');
      },
      /far more/,
    ],
    ['a pickle without end', () => repeated('N', 70_000_000).raw('.'), /its pickle is too large/],
    [
      'a name without end',
      () => new PickleWriter().proto().global('A'.repeat(50_000_000), 'system').raw('.'),
      /it asks for "A+\.\.\."/,
    ],
  ])('%s: it is refused in few words', async (_, pickle, reason) => {
    const error: unknown = await readCheckpoint(save(pickle(), [])).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'ModelFileError', message: expect.stringMatching(reason) as string });
    expect(String(error).length).toBeLessThan(1000);
  });

  it('names in it never steer a terminal', async () => {
    const named = new PickleWriter().proto().global('os\x1b[2J', 'system').raw('.');
    await expect(readCheckpoint(save(named))).rejects.toThrow('it asks for "os?[2J.system"');
  });

  it('a zip of more files than a model has', async () => {
    const nothing = (): Uint8Array[] => [];
    writeZip(
      path(),
      Array.from({ length: 60_000 }, (_, i) => ({ name: `a/${i}`, bytes: 0, data: nothing })),
    );
    await expect(readCheckpoint(path())).rejects.toThrow(/zip directory is too large/);
  });

  it('a file inside that is larger than memory', async () => {
    writeZip(path(), [{ name: 'a/data.pkl', bytes: 2 ** 32 - 2, data: () => [] }]);
    await expect(readCheckpoint(path())).rejects.toMatchObject({ name: 'ModelFileError' });
  });

  it('a header as large as the format allows, of nothing but lists', async () => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(99_000_000n);
    writeFileSync(path(), Buffer.concat([length, Buffer.from('{"a":'), Buffer.alloc(99_000_000, '[')]));
    await expect(readCheckpoint(path())).rejects.toThrow(/header is too large/);
  });
});

describe('a .safetensors checkpoint', () => {
  const write = (header: unknown, data: Uint8Array): string => {
    const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    writeFileSync(path('model.safetensors'), Buffer.concat([length, text, data]));
    return path('model.safetensors');
  };
  const floats = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
  const a = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };

  it('is read', async () => {
    const b = { dtype: 'BF16', shape: [2, 2], data_offsets: [8, 16] };
    const file = write(
      { __metadata__: { format: 'pt' }, b, a },
      Buffer.concat([floats.subarray(0, 8), raw(Uint16Array.of(0x3f80, 0, 0, 0xbf80))]),
    );
    const checkpoint = await readCheckpoint(file);
    expect(await valuesOf(checkpoint, 'a')).toEqual([1, 2]);
    expect(await valuesOf(checkpoint, 'b')).toEqual([1, 0, 0, -1]);
  });

  it('is refused where header and file disagree', async () => {
    for (const [header, data, reason] of [
      [{ a: { ...a, shape: [2 ** 40] } }, floats, /does not fit/],
      [{ a: { ...a, shape: [-2] } }, floats, /unknown way/],
      [{ a, b: { ...a, data_offsets: [4, 12] } }, floats.subarray(0, 12), /overlap/],
      [{ a }, floats, /does not end/],
      [{ a }, floats.subarray(0, 4), /does not fit/],
      [{ a: { ...a, dtype: 'F4' } }, floats.subarray(0, 8), /type F4/],
      ['{"a": ', floats, /not a JSON object/],
    ] as const) {
      await expect(readCheckpoint(write(header, data))).rejects.toThrow(reason);
    }
    const file = write({ a }, floats.subarray(0, 8));
    truncateSync(file, 30);
    await expect(readCheckpoint(file)).rejects.toThrow(/damaged/);
  });
});
