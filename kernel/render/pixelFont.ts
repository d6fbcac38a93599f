/** A small font of our own for machines without any: capitals, digits and some signs, 5 columns by 7 rows. */

/** Rows from the top, one base-32 digit each: its five bits are the pixels from left to right. */
const GLYPHS: Readonly<Record<string, string>> = {
  ...{ '0': 'ehjlphe', '1': '4c4444e', '2': 'eh1248v', '3': 'v2421he', '4': '26aiv22' },
  ...{ '5': 'vgu11he', '6': '68guhhe', '7': 'v124888', '8': 'ehhehhe', '9': 'ehhf12c' },
  ...{ A: 'ehhvhhh', B: 'uhhuhhu', C: 'ehggghe', D: 'sihhhis', E: 'vgguggv', F: 'vgguggg', G: 'ehgnhhf' },
  ...{ H: 'hhhvhhh', I: 'e44444e', J: '72222ic', K: 'hikokih', L: 'ggggggv', M: 'hrllhhh', N: 'hhpljhh' },
  ...{ O: 'ehhhhhe', P: 'uhhuggg', Q: 'ehhhlid', R: 'uhhukih', S: 'fgge11u', T: 'v444444', U: 'hhhhhhe' },
  ...{ V: 'hhhhha4', W: 'hhhllla', X: 'hha4ahh', Y: 'hhha444', Z: 'v1248gv' },
  ...{ '.': '00000cc', ',': '0000c48', '-': '000v000', _: '000000v', ':': '0cc0cc0', '/': '01248g0' },
  ...{ '(': '2488842', ')': '8422248', '·': '000cc00', '…': '000000l', '?': 'eh12404', '#': 'aavavaa' },
  ...{ '+': '044v440', '=': '00v0v00', '%': 'op248j3', ' ': '0000000' },
};

const COLUMNS = 5;
const ROWS = 7;
const BASE = 32;

/**
 * Text as an SVG path.
 * @param x left edge @param baseline lower edge of the letters @param size the size of a usual font that looks as large
 */
export function pixelText(text: string, x: number, baseline: number, size: number, color: string): string {
  const dot = size * 0.105;
  const parts: string[] = [];
  [...text.toUpperCase()].forEach((letter, position) => {
    const rows = GLYPHS[letter] ?? GLYPHS['?'];
    for (let row = 0; row < ROWS; row++) {
      const bits = parseInt(rows[row], BASE);
      for (let column = 0; column < COLUMNS; column++) {
        if (((bits >> (COLUMNS - 1 - column)) & 1) === 0) continue;
        const left = x + (position * (COLUMNS + 1) + column) * dot;
        const top = baseline - (ROWS - row) * dot;
        parts.push(`M${left.toFixed(2)} ${top.toFixed(2)}h${dot}v${dot}h-${dot}z`);
      }
    }
  });
  return `<path d="${parts.join('')}" fill="${color}"/>`;
}
