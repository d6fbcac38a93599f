/**
 * Why a JSON text would take far more memory than its length; undefined where it would not. Two bytes of it can be a list of
 * its own. To be asked before it is parsed; one pass, linear.
 * @param parts objects, lists and names of fields, at most.
 * @param depth how deep they may be nested.
 */
export function jsonExcess(text: Uint8Array, parts: number, depth: number): string | undefined {
  let found = 0;
  let level = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case QUOTE:
        at = endOfString(text, at + 1);
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        if (++level > depth) return 'its lists are nested too deep';
        found++;
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        level--;
        break;
      case COLON:
        found++;
        break;
    }
    if (found > parts) return `it has more than ${parts} lists, objects and fields`;
  }
  return undefined;
}

const QUOTE = 0x22;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Where the quote that ends a string stands; the end of the text where it never ends. */
function endOfString(text: Uint8Array, from: number): number {
  for (let quote = text.indexOf(QUOTE, from); quote >= 0; quote = text.indexOf(QUOTE, quote + 1)) {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return quote;
  }
  return text.length;
}
