import { errnoOf, MaskletError } from '../../shared/protocol/errors';
import { ffmpegEnvironment } from '../programs/ffmpeg';
import { outputOf } from '../programs/start';

export interface EncoderChoice {
  /** ffmpeg's name of the encoder. */
  readonly name: string;
  readonly arguments: readonly string[];
}

/** A kind of video file that has an alpha channel. */
export interface AlphaFormat {
  readonly container: 'mov' | 'webm';
  readonly encoder: EncoderChoice;
  /** ffmpeg's name of the pixels that go into the file. */
  readonly pixels: string;
}

const ALPHA_FORMATS: Readonly<Record<'prores' | 'webm', AlphaFormat>> = {
  prores: {
    container: 'mov',
    encoder: { name: 'prores_ks', arguments: ['-c:v', 'prores_ks', '-profile:v', '4444'] },
    pixels: 'yuva444p10le',
  },
  webm: {
    container: 'webm',
    // Frames that are only referred to would have no alpha.
    encoder: {
      name: 'libvpx-vp9',
      arguments: ['-c:v', 'libvpx-vp9', '-crf', '18', '-b:v', '0', '-cpu-used', '4', '-auto-alt-ref', '0'],
    },
    pixels: 'yuva420p',
  },
};

/** In the order of preference; all of them fit into MP4. */
const CHOICES: readonly EncoderChoice[] = [
  { name: 'libx264', arguments: ['-c:v', 'libx264', '-preset', 'fast', '-crf', '16'] },
  { name: 'libopenh264', arguments: ['-c:v', 'libopenh264', '-b:v', '12M'] },
  {
    name: 'libvpx-vp9',
    arguments: ['-c:v', 'libvpx-vp9', '-crf', '20', '-b:v', '0', '-row-mt', '1', '-cpu-used', '4'],
  },
  { name: 'mpeg4', arguments: ['-c:v', 'mpeg4', '-q:v', '2'] },
];

const known = new Map<string, Promise<EncoderChoice>>();

/** The best encoder that this ffmpeg was built with; asked once for each ffmpeg. @throws MaskletError `ffmpeg/missing`, `ffmpeg/failed`. */
export function chooseEncoder(ffmpeg: string): Promise<EncoderChoice> {
  let choice = known.get(ffmpeg);
  if (!choice) {
    choice = listEncoders(ffmpeg).then((names) => bestEncoder(names, ffmpeg));
    known.set(ffmpeg, choice);
    // What failed now may work later, when the user has mended it.
    choice.catch(() => known.delete(ffmpeg));
  }
  return choice;
}

/** @throws MaskletError `ffmpeg/missing`, `ffmpeg/failed` where this ffmpeg was built without the encoder. */
export async function alphaFormat(ffmpeg: string, codec: 'prores' | 'webm'): Promise<AlphaFormat> {
  const format = ALPHA_FORMATS[codec];
  if ((await listEncoders(ffmpeg)).has(format.encoder.name)) return format;
  throw new MaskletError(
    'ffmpeg/failed',
    `${ffmpeg} cannot write ${codec}: it has no ${format.encoder.name}.`,
    {
      file: ffmpeg,
      hint: `Use an ffmpeg with ${format.encoder.name} (masklet.ffmpegPath), or the other codec.`,
    },
  );
}

/** @param names what `ffmpeg -encoders` lists. */
export function bestEncoder(names: ReadonlySet<string>, ffmpeg: string): EncoderChoice {
  const choice = CHOICES.find(({ name }) => names.has(name));
  if (choice) return choice;
  throw new MaskletError(
    'ffmpeg/failed',
    `${ffmpeg} cannot encode video: it has no encoder that Masklet can use.`,
    {
      file: ffmpeg,
      hint: `Use an ffmpeg with one of ${CHOICES.map(({ name }) => name).join(', ')} (masklet.ffmpegPath).`,
    },
  );
}

async function listEncoders(ffmpeg: string): Promise<ReadonlySet<string>> {
  let text: string;
  try {
    text = await outputOf(ffmpeg, ['-hide_banner', '-encoders'], { env: ffmpegEnvironment() });
  } catch (error) {
    throw new MaskletError(
      errnoOf(error) === 'ENOENT' ? 'ffmpeg/missing' : 'ffmpeg/failed',
      `${ffmpeg} does not run: ${error instanceof Error ? error.message : String(error)}`,
      { file: ffmpeg, hint: 'Set masklet.ffmpegPath to an ffmpeg that runs.', cause: error },
    );
  }
  return new Set(text.split('\n').flatMap((line) => /^\s*V[A-Z.]{5}\s+(\S+)/.exec(line)?.[1] ?? []));
}
