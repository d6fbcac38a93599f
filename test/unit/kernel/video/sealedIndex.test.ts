import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFfmpeg } from '../../../../kernel/video/ffmpeg';
import { SEAL_BYTES, openSealedIndex, sealIndex } from '../../../../kernel/video/sealedIndex';
import { openVideo } from '../../../../kernel/video/source';
import { smallClip } from '../../../support/kernel';

/** Of an index: magic, format and the header's length. */
const PREFIX_BYTES = 12;

describe('a frame index', () => {
  let folder: string;
  let video: string;
  let sealed: Uint8Array;

  async function open(known?: Uint8Array) {
    const said: string[] = [];
    const ffmpeg = (await findFfmpeg('')).path;
    const knownIndex = (): Promise<Uint8Array | undefined> => Promise.resolve(known);
    const source = await openVideo(video, {
      ffmpeg,
      cacheBytes: 0,
      knownIndex,
      onLog: (line) => said.push(line),
    });
    const { info } = source;
    const index = source.serializeIndex();
    await source.close();
    return { info, index, said };
  }

  /** The stored index with other facts, under the seal that it had. */
  function withFacts(facts: object): Uint8Array {
    const prefix = Buffer.from(sealed.subarray(SEAL_BYTES, SEAL_BYTES + PREFIX_BYTES));
    const body = inflateRawSync(sealed.subarray(SEAL_BYTES + PREFIX_BYTES));
    const headerBytes = prefix.readUInt32LE(8);
    const header = JSON.parse(body.toString('utf8', 0, headerBytes)) as { facts: object };
    const text = Buffer.from(JSON.stringify({ ...header, facts: { ...header.facts, ...facts } }));
    prefix.writeUInt32LE(text.length, 8);
    const changed = deflateRawSync(Buffer.concat([text, body.subarray(headerBytes)]));
    return Buffer.concat([sealed.subarray(0, SEAL_BYTES), prefix, changed]);
  }

  /** A gigabyte in one megabyte. */
  function bomb(): Uint8Array {
    const block = deflateRawSync(Buffer.alloc(2 ** 30), { level: 1 });
    return Buffer.concat([sealed.subarray(0, SEAL_BYTES + PREFIX_BYTES), block]);
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'masklet-test-'));
    ({ video } = await smallClip(folder, 6));
    sealed = (await open()).index;
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('of our own is taken', async () => {
    const { said, info } = await open(sealed);
    expect(said).toEqual([]);
    expect(info).toMatchObject({ width: 320, height: 180, frameCount: 6 });
  });

  it.each([
    ['one that grows without end', () => bomb()],
    ['no list of warnings', () => withFacts({ warnings: 5 })],
    ['no time base', () => withFacts({ timeBase: null })],
    ['a size below nothing', () => withFacts({ width: -5 })],
    ['another size', () => withFacts({ width: 640, height: 480 })],
    ['a size that is text', () => withFacts({ width: '<b>' })],
    ['nothing but zeros', () => new Uint8Array(100)],
    ['nothing at all', () => new Uint8Array(0)],
    ['one without a seal, as earlier versions kept it', () => sealed.subarray(SEAL_BYTES)],
  ])("of a stranger's is made again, with a line in the log: %s", async (_, forged) => {
    const before = process.memoryUsage().rss;
    const { info, index, said } = await open(forged());
    expect(info).toMatchObject({
      width: 320,
      height: 180,
      frameCount: 6,
      warnings: [],
      timeBase: [1, 12800],
    });
    expect(said).toEqual([expect.stringContaining('it was made again')]);
    expect(index).toEqual(sealed);
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 29);
  });

  it('holds for its own video alone', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    expect(openSealedIndex(sealIndex(bytes, 'f1'), 'f1')).toEqual(Buffer.from(bytes));
    expect(openSealedIndex(sealIndex(bytes, 'f1'), 'f2')).toBeUndefined();
  });
});
