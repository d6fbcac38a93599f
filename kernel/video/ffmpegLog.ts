/**
 * Reads ffmpeg's log. Its messages are written piece by piece and pieces of several threads may meet on one line, so that
 * only what ffmpeg prints in one piece is relied on.
 */

/** What the `showinfo` filter says of one picture. */
export interface PictureInfo {
  /** Ticks of the stream's time base; undefined where the container and the decoder gave none. */
  readonly pts: number | undefined;
  readonly width: number;
  readonly height: number;
  readonly key: boolean;
  /** Adler-32 over all planes and over the first plane: together they identify a decoded picture. */
  readonly checksum: number;
  readonly lumaChecksum: number;
}

export interface StreamFacts {
  readonly container: string;
  readonly codec: string;
  /** Clockwise degrees. */
  readonly rotation: 0 | 90 | 180 | 270;
  readonly timeBase: readonly [numerator: number, denominator: number];
  /** What the file says of its length. */
  readonly expectedFrames?: number;
}

const PICTURE =
  /\bn: *\d+ pts: *(?<pts>NOPTS|-?\d+) .*? s:(?<width>\d+)x(?<height>\d+) i:\S iskey:(?<key>[01])|\bchecksum:(?<checksum>[0-9A-F]{8}) plane_checksum:\[(?<luma>[0-9A-F]{8})/g;

const COMPLAINT = /\[(?:error|fatal|panic)\]|\[warning\].*corrupt/;
/** Said of our output, whose timestamps nobody reads. */
const OUR_OWN = /\[rawvideo @/;

/** More different complaints than this are only counted. */
const MAX_COMPLAINTS = 20;

export class FfmpegLog {
  private header: Omit<PictureInfo, 'checksum' | 'lumaChecksum'> | undefined;
  private readonly counts = new Map<string, number>();
  private unlisted = 0;
  private container = '';
  private codec = '';
  private rotation: StreamFacts['rotation'] = 0;
  private timeBase: readonly [number, number] | undefined;
  private seconds = 0;
  private rate = 0;
  private section: 'none' | 'video' | 'after' = 'none';
  private lowScore = false;
  private tooLarge = false;
  private unlistedFormat: string | undefined;
  private videos = 0;

  /** @param onPicture called for each picture, in the order in which the decoder presents them. */
  constructor(private readonly onPicture: (picture: PictureInfo) => void) {}

  /** Whether ffmpeg only guessed what kind of file this is. */
  get guessedFormat(): boolean {
    return this.lowScore;
  }

  /** Whether a picture was refused for its size. */
  get refusedSize(): boolean {
    return this.tooLarge;
  }

  /** What the file is, where that is none of the formats that ffmpeg was allowed. */
  get refusedFormat(): string | undefined {
    return this.unlistedFormat;
  }

  /** Whether a video stream was announced, decodable or not. */
  get sawVideo(): boolean {
    return this.codec !== '';
  }

  /** Video streams, cover art aside. */
  get videoStreams(): number {
    return this.videos;
  }

  /** Whether there were messages of level error or worse. */
  get complained(): boolean {
    return this.counts.size > 0;
  }

  /** Messages of level error and worse, with how often each came. */
  get complaints(): string[] {
    const lines = [...this.counts].map(([text, count]) => (count > 1 ? `${text} (${count} times)` : text));
    return this.unlisted > 0 ? [...lines, `... and ${this.unlisted} more`] : lines;
  }

  get facts(): StreamFacts | undefined {
    if (this.codec === '' || !this.timeBase) return undefined;
    const { container, codec, rotation, timeBase } = this;
    const expectedFrames = Math.round(this.seconds * this.rate);
    return { container, codec, rotation, timeBase, ...(expectedFrames > 0 ? { expectedFrames } : {}) };
  }

  line(line: string): void {
    if (line.includes('showinfo')) this.readPicture(line);
    else if (this.section !== 'after') this.readFacts(line);
    if (COMPLAINT.test(line) && !OUR_OWN.test(line)) this.complain(line);
    else if (line.includes('detected only with low score')) this.lowScore = true;
    if (/\[error\] Picture size \d+x\d+ (exceeds|is invalid)/.test(line)) this.tooLarge = true;
    this.unlistedFormat ??= /^\[(\S+) @ .*\[error\] Format not on whitelist/.exec(line)?.[1];
  }

  private readPicture(line: string): void {
    const timeBase = /config in time_base: (\d+)\/(\d+)/.exec(line);
    if (timeBase && !this.timeBase) this.timeBase = [Number(timeBase[1]), Number(timeBase[2])];
    for (const { groups } of line.matchAll(PICTURE)) {
      if (!groups) continue;
      if (groups.checksum === undefined) {
        this.header = {
          pts: groups.pts === 'NOPTS' ? undefined : Number(groups.pts),
          width: Number(groups.width),
          height: Number(groups.height),
          key: groups.key === '1',
        };
      } else if (this.header) {
        this.onPicture({
          ...this.header,
          checksum: parseInt(groups.checksum, 16),
          lumaChecksum: parseInt(groups.luma, 16),
        });
        this.header = undefined;
      }
    }
  }

  private readFacts(line: string): void {
    const input = /Input #0, (\S+), from/.exec(line);
    if (input) this.container = input[1];
    const duration = /Duration: (\d+):(\d\d):(\d\d\.\d+)/.exec(line);
    if (duration) this.seconds = Number(duration[1]) * 3600 + Number(duration[2]) * 60 + Number(duration[3]);
    if (/Stream mapping:|Output #0/.test(line)) this.section = 'after';
    const stream = /Stream #0:\d+.*?: (Video|Audio|Subtitle|Data|Attachment): (\w+)/.exec(line);
    if (stream) {
      // Cover art is announced like a video.
      const isVideo = stream[1] === 'Video' && !line.includes('(attached pic)');
      if (isVideo) this.videos++;
      if (isVideo && this.codec === '') {
        this.section = 'video';
        this.codec = stream[2];
        this.rate = Number(/, ([\d.]+) fps/.exec(line)?.[1] ?? 0);
      } else if (this.section === 'video') this.section = 'none';
    }
    const matrix = this.section === 'video' ? /rotation of (-?[\d.]+) degrees/.exec(line) : null;
    if (matrix) this.rotation = clockwise(Number(matrix[1]));
  }

  private complain(line: string): void {
    const text = line
      .replace(/^.*?\[(?:error|fatal|panic|warning)\] */, '')
      .replace(/0x[0-9a-f]+/gi, '0x…')
      .trim();
    if (text === '') return;
    const count = this.counts.get(text);
    if (count !== undefined || this.counts.size < MAX_COMPLAINTS) this.counts.set(text, (count ?? 0) + 1);
    else this.unlisted++;
  }
}

/** The display matrix's counter-clockwise angle as the clockwise quarter turn nearest to it. */
function clockwise(degrees: number): StreamFacts['rotation'] {
  const quarter = (((Math.round(-degrees / 90) % 4) + 4) % 4) as 0 | 1 | 2 | 3;
  return ([0, 90, 180, 270] as const)[quarter];
}
