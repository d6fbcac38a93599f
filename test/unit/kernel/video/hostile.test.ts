/** Files that a stranger made for ffmpeg: it reads no other file, and comes to an end. */
import { chmod, copyFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileInput } from '../../../../kernel/programs/ffmpeg';
import { DecodedFrames } from '../../../../kernel/video/decodedFrames';
import type { DecodeSettings } from '../../../../kernel/video/decodeCommand';
import { FfmpegProcess } from '../../../../kernel/video/ffmpegProcess';
import { indexVideo } from '../../../../kernel/video/indexPass';
import { videoInfo } from '../../../../kernel/video/source';
import { encodersOf, ffmpegIn, run, source, temporaryFolder, testFfmpeg } from '../../../support/clips';

const ffmpeg = await testFfmpeg();
const encoders = await encodersOf(ffmpeg);
const MPEG4 = ['-c:v', 'mpeg4', '-g', '10', '-r', '25'];

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const at = (name: string): string => join(folder.path, name);
const settings = (path: string, program = ffmpeg.path, patienceMs = 1000): DecodeSettings => ({
  ffmpeg: program,
  version: ffmpeg.version,
  path,
  threads: 2,
  patienceMs,
});

beforeAll(async () => {
  folder = await temporaryFolder();
  await ffmpegIn(folder.path, ffmpeg, [...source(20), ...MPEG4, 'private.mp4']);
  await ffmpegIn(folder.path, ffmpeg, ['-i', 'private.mp4', '-c', 'copy', 'private.ts']);
});
afterAll(() => folder.remove());

describe('a list of other files is no video', () => {
  const playlist = (target: string, end: string): string =>
    `#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10,\n${target}\n${end}`;
  const lists: Readonly<Record<string, () => string>> = {
    'HLS with a full address': () => playlist(`file://${at('private.mp4')}`, '#EXT-X-ENDLIST\n'),
    'HLS with a name': () => playlist('private.ts', '#EXT-X-ENDLIST\n'),
    'HLS without an end': () => playlist(`file://${at('private.ts')}`, ''),
    'HLS over the network': () => playlist('http://127.0.0.1:1/a.ts', ''),
    DASH: () =>
      '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" ' +
      'mediaPresentationDuration="PT1S" minBufferTime="PT1S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011">' +
      '<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1000" codecs="avc1">' +
      `<BaseURL>${at('private.mp4')}</BaseURL></Representation></AdaptationSet></Period></MPD>`,
    ffconcat: () => "ffconcat version 1.0\nfile 'private.mp4'\n",
    SDP: () => 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n',
    SVG: () =>
      '<svg xmlns="http://www.w3.org/2000/svg" width="32" height="24"><rect width="9" height="9"/></svg>\n',
    'text art': () => 'Just a text that ffmpeg would draw.\n'.repeat(200),
  };

  it.each(Object.keys(lists).flatMap((kind) => ['mp4', 'm3u8'].map((ending) => ({ kind, ending }))))(
    '$kind, called .$ending',
    async ({ kind, ending }) => {
      const path = at(`list.${ending}`);
      await writeFile(path, lists[kind]());
      const opening = videoInfo(path, { ffmpeg: ffmpeg.path });
      await expect(opening).rejects.toMatchObject({ code: 'video/not-a-video', file: path });
    },
  );

  it('nor is a movie whose pictures lie in another file', async () => {
    await ffmpegIn(folder.path, ffmpeg, ['-i', 'private.mp4', '-c', 'copy', '-f', 'mov', 'other.mov']);
    const movie = await readFile(at('other.mov'));
    const referring = referringTo(movie, 'other.mov');
    const data = referring.indexOf('mdat');
    referring.fill(0, data + 4, referring.indexOf('moov') - 4);
    await writeFile(at('referring.mov'), referring);
    // Made rightly: an ffmpeg that is told to follow the reference finds the pictures there.
    const followed = await run(ffmpeg.path, [
      ...['-v', 'error', '-enable_drefs', '1', '-i', at('referring.mov'), '-f', 'framemd5', '-'],
    ]);
    expect(
      followed.stdout
        .trim()
        .split('\n')
        .filter((line) => !line.startsWith('#')),
    ).toHaveLength(20);
    await expect(videoInfo(at('referring.mov'), { ffmpeg: ffmpeg.path })).rejects.toMatchObject({
      code: expect.stringMatching(/^video\//) as string,
    });
  });

  it('nor does a name that ffmpeg takes for the names of other pictures mean those', async () => {
    for (const name of ['picture1.png', 'picture2.png']) {
      await ffmpegIn(folder.path, ffmpeg, [...source(1), name]);
    }
    await copyFile(at('picture1.png'), at('picture%d.png'));
    // A single image is a clip of one frame, which no ffmpeg opens: the name stands for this one file.
    for (const name of ['picture%d.png', 'picture1.png']) {
      const { kind, frameCount, byteSize } = await videoInfo(at(name), { ffmpeg: ffmpeg.path });
      expect({ kind, frameCount, byteSize }).toEqual({
        kind: 'images',
        frameCount: 1,
        byteSize: (await stat(at('picture1.png'))).size,
      });
    }
  });
});

/** A movie whose track lies in a file of that name beside it: its `dref` turned into an alias. `moov` comes last. */
function referringTo(movie: Buffer, name: string): Buffer {
  const at = movie.indexOf('dref') - 4;
  const alias = Buffer.alloc(8 + 4 + 200);
  alias.writeUInt32BE(alias.length, 0);
  alias.write('alis', 4);
  // Version and flags, and what precedes the volume's name.
  let to = 12 + 10;
  alias.writeUInt8(0, to);
  to += 1 + 27 + 12;
  alias.writeUInt8(name.length, to);
  alias.write(name, to + 1);
  to += 1 + 63 + 16;
  alias.writeInt16BE(1, to);
  alias.writeInt16BE(1, to + 2);
  to += 4 + 16;
  // The path, then the end of the list.
  const path = `x:${name}`;
  alias.writeInt16BE(2, to);
  alias.writeInt16BE(path.length, to + 2);
  alias.write(path, to + 4);
  to += 4 + path.length + (path.length % 2);
  alias.writeInt16BE(-1, to);
  const dref = Buffer.concat([movie.subarray(at, at + 16), alias]);
  const added = dref.length - movie.readUInt32BE(at);
  const result = Buffer.concat([movie.subarray(0, at), dref, movie.subarray(at + movie.readUInt32BE(at))]);
  dref.writeUInt32BE(dref.length, 0);
  dref.copy(result, at);
  for (const box of ['moov', 'trak', 'mdia', 'minf', 'dinf']) {
    // The last one before: `moov` stands once, and there is one track.
    const start = result.lastIndexOf(box, at) - 4;
    result.writeUInt32BE(result.readUInt32BE(start) + added, start);
  }
  return result;
}

describe('what ffmpeg is given', () => {
  it('names formats whose pictures lie in the file itself, and the file protocol alone', () => {
    const args = fileInput('a.mp4');
    const value = (name: string): string[] => args[args.indexOf(name) + 1].split(',');
    expect(value('-protocol_whitelist')).toEqual(['file']);
    expect(value('-format_whitelist')).not.toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          /^(hls|dash|concat|sdp|rtsp|image2|imf|webm_dash.*|tty|svg.*|lavfi|avisynth|vapoursynth)$/,
        ),
      ]),
    );
  });

  it.skipIf(!encoders.has('png'))('is no picture that would take gigabytes', async () => {
    await ffmpegIn(folder.path, ffmpeg, [
      ...[
        '-f',
        'lavfi',
        '-i',
        'color=s=9000x8000:r=1,format=gray',
        '-frames:v',
        '1',
        '-c:v',
        'png',
        'big.mkv',
      ],
    ]);
    await ffmpegIn(folder.path, ffmpeg, [
      ...[
        '-f',
        'lavfi',
        '-i',
        'color=s=40000x16:r=1,format=gray',
        '-frames:v',
        '1',
        '-c:v',
        'png',
        'long.mkv',
      ],
    ]);
    for (const name of ['big.mkv', 'long.mkv']) {
      await expect(videoInfo(at(name), { ffmpeg: ffmpeg.path })).rejects.toMatchObject({
        code: 'video/unsupported',
        message: expect.stringContaining('too large') as string,
        file: at(name),
      });
    }
  });
});

describe.skipIf(process.platform === 'win32')('an ffmpeg that does not come along', () => {
  const program = async (name: string, script: string): Promise<string> => {
    await writeFile(at(name), `#!/bin/sh\n${script}\n`);
    await chmod(at(name), 0o755);
    return at(name);
  };

  it('is ended while the frames are counted', async () => {
    const silent = await program('silent', 'exec sleep 600');
    await expect(indexVideo(settings(at('private.mp4'), silent), { maxFrames: 0 })).rejects.toMatchObject({
      code: 'ffmpeg/failed',
      message: expect.stringContaining('no picture') as string,
    });
  });

  it('is ended while it writes, but for pictures', async () => {
    const talking = await program('talking', 'while :; do echo "[info] still here" >&2; sleep 0.1; done');
    await expect(indexVideo(settings(at('private.mp4'), talking), { maxFrames: 0 })).rejects.toMatchObject({
      code: 'ffmpeg/failed',
    });
  });

  it('is ended while a frame is waited for, and not while nobody wants one', async () => {
    const own = settings(at('private.mp4'), ffmpeg.path, 5000);
    const index = await indexVideo(own, { maxFrames: 0 });
    const options = {
      index,
      cacheBytes: 2 ** 20,
      spillBytes: 0,
      counters: { decoderStarts: 0, framesDecoded: 0, cacheHits: 0, cacheBytes: 0 },
      hasChanged: () => Promise.resolve(false),
      idleMs: 600_000,
    };
    const silent = await program('silent', 'exec sleep 600');
    const waiting = new DecodedFrames({ ...options, settings: settings(at('private.mp4'), silent) });
    await expect(waiting.frame(15)).rejects.toMatchObject({ code: 'ffmpeg/failed' });
    await waiting.close();

    const held = new DecodedFrames({ ...options, settings: own });
    await held.frame(0);
    await new Promise((resolve) => setTimeout(resolve, 7000));
    expect(held.decoders).toBe(1);
    expect(await held.frame(9)).toHaveLength(160 * 120 * 3);
    expect(options.counters.decoderStarts).toBe(2);
    await held.close();
  });

  it('may write without line ends as long as it likes', async () => {
    const endless = await program(
      'endless',
      "head -c 300000000 /dev/zero | tr '\\0' x >&2; echo >&2; echo '[info] the end' >&2",
    );
    const lines: string[] = [];
    const before = process.memoryUsage().rss;
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
    const { exited } = new FfmpegProcess({ ffmpeg: endless, args: [], onLine: (line) => lines.push(line) });
    expect(await exited).toMatchObject({ code: 0 });
    clearInterval(watch);
    expect(lines).toHaveLength(2);
    expect(lines[0].length).toBeLessThan(100_000);
    expect(lines[1]).toBe('[info] the end');
    // Kept, the line would take 300 MB.
    expect(most - before).toBeLessThan(150e6);
  });
});
