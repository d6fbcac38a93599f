/** Colours for objects, in the order in which neighbours differ most; all stand out on both dark and bright pictures. */
const OBJECT_COLORS = [
  '#3a9bff',
  '#ff8c1a',
  '#2fc45a',
  '#ff4f7b',
  '#b36bff',
  '#f5d90a',
  '#14c8c8',
  '#e0452b',
  '#9ad53c',
  '#ff8ad8',
  '#6f7dff',
  '#c08a4a',
] as const;

/**
 * The colour of the n-th object (from 0) as `#rrggbb`. After a first dozen the hue goes on by the golden angle, so that
 * no colour comes twice among any number that a person could tell apart.
 */
export function objectColor(n: number): string {
  if (n < OBJECT_COLORS.length) return OBJECT_COLORS[n];
  const hue = (n * 137.508) % 360;
  const lightness = [0.6, 0.5, 0.7][n % 3];
  return hslColor(hue, 0.75, lightness);
}

/** @param color `#rrggbb` @returns three bytes. Anything else gives grey, since a colour is never worth an error. */
export function rgbOf(color: string): readonly [red: number, green: number, blue: number] {
  const match = /^#([0-9a-f]{6})$/i.exec(color);
  if (!match) return [160, 160, 160];
  const value = parseInt(match[1], 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/**
 * The 256 colours of DAVIS and PASCAL VOC label pictures (768 bytes): entry 0 is black, and the bits of a label, taken
 * in threes, become the highest bits of red, green and blue. See the VOC development kit.
 */
export function labelPalette(): Uint8Array {
  const palette = new Uint8Array(256 * 3);
  for (let label = 0; label < 256; label++) {
    for (let bit = 0, rest = label; rest > 0; bit++, rest >>= 3) {
      for (let c = 0; c < 3; c++) palette[label * 3 + c] |= ((rest >> c) & 1) << (7 - bit);
    }
  }
  return palette;
}

function hslColor(hue: number, saturation: number, lightness: number): string {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const channel = (offset: number): string => {
    const k = (offset + hue / 30) % 12;
    const value = lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(value * 255)
      .toString(16)
      .padStart(2, '0');
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}
