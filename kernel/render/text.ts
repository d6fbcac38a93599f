import sharp from 'sharp';
import type { Canvas } from './overlay';
import { pixelText } from './pixelFont';

/** A drawn piece of text: RGBA, not premultiplied. */
export interface TextStamp {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export interface TextStyle {
  /** Height of the letters in pixels. */
  readonly size: number;
  readonly color: string;
  /** Colour of the rounded plate behind the text; none where it is left out. */
  readonly plate?: string;
  readonly bold?: boolean;
}

const MAX_LETTERS = 40;
const KEPT = 400;

/** Draws text, and keeps what it has drawn: labels come back frame after frame. */
export class TextPainter {
  private readonly stamps = new Map<string, Promise<TextStamp>>();

  stamp(text: string, style: TextStyle): Promise<TextStamp> {
    const key = JSON.stringify([text, style]);
    let stamp = this.stamps.get(key);
    if (!stamp) {
      if (this.stamps.size >= KEPT) this.stamps.clear();
      stamp = drawText(text, style);
      this.stamps.set(key, stamp);
    }
    return stamp;
  }
}

/** Puts a stamp on a canvas with its top left corner at (x, y), moved so that it lies inside. */
export function placeStamp(canvas: Canvas, stamp: TextStamp, x: number, y: number): void {
  const left = Math.round(Math.max(0, Math.min(x, canvas.width - stamp.width)));
  const top = Math.round(Math.max(0, Math.min(y, canvas.height - stamp.height)));
  const columns = Math.min(stamp.width, canvas.width - left);
  const rows = Math.min(stamp.height, canvas.height - top);
  for (let row = 0; row < rows; row++) {
    let to = ((top + row) * canvas.width + left) * 3;
    let from = row * stamp.width * 4;
    for (let column = 0; column < columns; column++, from += 4, to += 3) {
      const alpha = stamp.data[from + 3] / 255;
      for (let c = 0; c < 3; c++) {
        const under = canvas.data[to + c];
        canvas.data[to + c] = Math.round(under + (stamp.data[from + c] - under) * alpha);
      }
    }
  }
}

async function drawText(text: string, style: TextStyle): Promise<TextStamp> {
  const letters = [...text];
  const shown = letters.length > MAX_LETTERS ? `${letters.slice(0, MAX_LETTERS - 1).join('')}…` : text;
  const { size, color, plate } = style;
  const pad = plate ? Math.round(size * 0.45) : 0;
  const height = Math.ceil(size * 1.5);
  const baseline = size * 1.08;
  fontPresent ??= hasFont();
  const words = (await fontPresent)
    ? (x: number): string => textElement(shown, x, baseline, style)
    : (x: number): string => pixelText(shown, x, baseline, size, color);
  // Wide enough for any font; what stays empty is cut off.
  const room = Math.ceil((Math.min(letters.length, MAX_LETTERS) + 2) * size * 1.2);
  const ink = await rasterise(room, height, words(0));
  const width = Math.max(1, usedColumns(ink, room, height) + 2 * pad);
  const back = plate ? `<rect width="${width}" height="${height}" rx="${size * 0.3}" fill="${plate}"/>` : '';
  return { width, height, data: await rasterise(width, height, back + words(pad)) };
}

let fontPresent: Promise<boolean> | undefined;

/** Where a machine has no font at all, every letter becomes the same empty box. */
async function hasFont(): Promise<boolean> {
  const style = { size: 24, color: '#ffffff' };
  const [a, b] = await Promise.all(
    ['A', 'B'].map((letter) => rasterise(40, 40, textElement(letter, 4, 30, style))),
  );
  return Buffer.compare(a, b) !== 0;
}

function textElement(text: string, x: number, baseline: number, { size, color, bold }: TextStyle): string {
  const fonts = "Inter, 'Segoe UI', 'DejaVu Sans', 'Liberation Sans', Helvetica, Arial, sans-serif";
  const weight = bold ? 600 : 400;
  return `<text x="${x}" y="${baseline}" font-family="${fonts}" font-size="${size}" font-weight="${weight}" fill="${color}">${escapeXml(text)}</text>`;
}

/** @returns height * width * 4 bytes, RGBA. */
function rasterise(width: number, height: number, content: string): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${content}</svg>`;
  return sharp(Buffer.from(svg)).ensureAlpha().raw().toBuffer();
}

/** Columns from the left up to the last one with ink. */
function usedColumns(rgba: Uint8Array, width: number, height: number): number {
  for (let x = width - 1; x >= 0; x--) {
    for (let y = 0; y < height; y++) if (rgba[(y * width + x) * 4 + 3] > 0) return x + 1;
  }
  return 0;
}

/** Text as XML; control characters and lone surrogates, which XML cannot hold, become spaces. */
function escapeXml(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, ' ')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;');
}
